"""What stands behind a model name of an upstream, as its operators declare it.

Declared is what nobody can read off an answer; what answers do show is held against it.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from policies.part import Part

Words = Annotated[str, Field(min_length=1, max_length=200)]


class ModelIdentity(Part):
    """The weights, the engine and the machine that answer for a model. A changed one is another candidate."""

    weights_sha256: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{64}$",
        description="SHA-256 of the weights, in hex.",
    )
    engine: Words | None = Field(default=None, description="As in vllm, sglang or trtllm.")
    engine_version: Words | None = None
    quantisation: Words | None = Field(default=None, description="As in fp8 or awq-int4.")
    gpus: Words | None = Field(default=None, description="As in 2x NVIDIA L40S.")
    prompt_template: Words | None = Field(
        default=None, description="Id of the chat template the engine applies."
    )
    served_as: tuple[Words, ...] = Field(
        default=(),
        description="Other names that answers may give in `model`, as a path of the weights.",
    )
    deployments: tuple[Words, ...] = Field(
        default=(),
        description="Ids a gateway may name in its headers; any other is somebody else's answer.",
    )
    addresses: tuple[Words, ...] = Field(
        default=(),
        description="Base URLs a gateway may name as the server behind it; likewise.",
    )
