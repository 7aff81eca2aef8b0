"""How much an upstream takes at a time, and which requests can wait: clients before batch, copies last."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from policies.part import Grown, Part
from policies.routes import HeaderName, Route

COPIES = 64


class Capacity(Grown):
    """Requests in flight at one upstream, from all processes that share a data folder."""

    LATER: ClassVar[frozenset[str]] = frozenset({"per_min"})

    in_flight: int | None = Field(
        default=None, ge=1, le=100_000, description="At a time; null for any number."
    )
    batch: int | None = Field(
        default=None, ge=1, description="Of these batch requests at most; null for all of them."
    )
    copies: int | None = Field(
        default=None,
        ge=1,
        description="Of these shadows and re-asks at most; null for half of them, and at most 64.",
    )
    wait_s: float = Field(
        default=5,
        ge=0,
        le=600,
        description="How long a client's request that nobody else may answer waits for a place.",
    )
    per_min: int | None = Field(
        default=None,
        ge=1,
        description="Requests a minute that it takes; a mass rollback to it goes no faster.",
    )

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        for name, part in (("batch", self.batch), ("copies", self.copies)):
            if part is not None and self.in_flight is not None and part > self.in_flight:
                raise ValueError(
                    f"`{name}` is more than `in_flight`, of which it is a part; lower it"
                )
        return self

    @property
    def most_copies(self) -> int:
        """Shadows and re-asks that may be in flight."""
        if self.copies is not None:
            return self.copies
        return COPIES if self.in_flight is None else min(COPIES, max(1, self.in_flight // 2))

    @property
    def capped(self) -> bool:
        """Whether clients' requests are counted here at all."""
        return self.in_flight is not None or self.batch is not None

    def accepting(self, factor: float) -> Capacity:
        """What is left of it while only this share of it is accepted; of each number at least one."""
        return self if factor >= 1 else _accepting(self, factor)


@lru_cache(maxsize=256)  # every request to such an upstream asks
def _accepting(whole: Capacity, factor: float) -> Capacity:
    parts = {"in_flight": whole.in_flight, "batch": whole.batch, "copies": whole.most_copies}
    left: dict[str, Any] = {
        name: None if most is None else max(1, int(most * factor))
        for name, most in parts.items()
    }
    return whole.model_copy(update=left)


class Batch(Part):
    """Which requests are batch work, that waits behind people. One thing that fits is enough."""

    header: HeaderName = Field(
        default="x-crossfade-class",
        description="A header by which an app says so; it can only put its own request last.",
    )
    value: str = Field(default="batch", min_length=1, description="What the header then says.")
    tenants: tuple[str, ...] = Field(
        default=(), description="Tenants all of whose requests are batch."
    )
    routes: tuple[Route, ...] = Field(
        default=(), description="Routes all of whose requests are batch."
    )
