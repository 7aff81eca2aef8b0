"""Where a server tells how it is, and from which numbers on that is a signal."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, HttpUrl

from policies.part import Part


class ServerKind(StrEnum):
    """Whose names a page of metrics has."""

    VLLM = "vllm"
    SGLANG = "sglang"
    TRITON = "triton"
    DCGM = "dcgm"


class MetricsPage(Part):
    """A page in the Prometheus text format, of a server on the premises."""

    url: HttpUrl = Field(description="The whole address, as in http://gpu-1:8000/metrics")
    kind: ServerKind
    every_s: float = Field(default=5, ge=1, le=60, description="How often it is read.")

    @property
    def name(self) -> str:
        """As people are told it."""
        return str(self.url)


class Signals(Part):
    """What of a server's numbers is too much, and how long a halved capacity stays halved."""

    queue: float = Field(default=10, ge=0, description="Requests that wait inside the server.")
    memory_percent: float = Field(
        default=90, gt=0, lt=100, description="Of its cache, or of a GPU's memory."
    )
    p95_s: float = Field(
        default=2, gt=0, description="95 % of its requests of the last minutes within it."
    )
    quiet_s: float = Field(
        default=600,
        ge=0,
        le=86_400,
        description="Without a hot or lost GPU, until the whole capacity is accepted again.",
    )
