"""What clients may ask at most: sizes, times and counts that keep one of them from harming the others."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from policies.part import Part

Seconds = Annotated[float, Field(gt=0, le=7200)]


class Limits(Part):
    """Limits of every listener. Sizes are bytes; counts hold for each worker of the proxy."""

    head_bytes: int = Field(
        default=65_536, ge=4096, le=1 << 20, description="Request line and headers."
    )
    header_fields: int = Field(default=200, ge=16, le=5000)
    head_s: Seconds = Field(
        default=10, description="From a connection or a request's first byte to its whole head."
    )
    body_bytes: int = Field(default=100 << 20, ge=1024, le=4 << 30)
    body_s: Seconds = Field(default=600, description="From a request's head to its last byte.")
    write_s: Seconds = Field(
        default=60, description="How long a client may take no byte of what it is sent."
    )
    decoded_bytes: int = Field(
        default=100 << 20,
        ge=1024,
        le=4 << 30,
        description="What a compressed body may decode to.",
    )
    connections_per_address: int = Field(
        default=1000,
        ge=1,
        description="Open connections from one address; `trusted_peers` are not counted.",
    )


class TenantLimits(Part):
    """What one tenant may ask of each worker; more is answered 429 with `retry-after`."""

    concurrent: int | None = Field(
        default=2000,
        ge=1,
        description="Requests being answered at a time; null for any number.",
    )
    per_minute: int | None = Field(
        default=None, ge=1, description="Requests a minute, with bursts of as many."
    )
