"""What an export reads: one log with all that was signed of it. The store has it; tests have it in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from mirror.journal.signed.merkle import Subtree
from mirror.journal.signed.note import origin_of


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed checkpoint: how many events it covers, the root (hex), when it was made, and the note."""

    size: int
    root: str
    at_us: int
    note: str


@dataclass(frozen=True, slots=True)
class Hourly:
    """A signed digest: the beginning of its hour, its canonical JSON, and the note."""

    period_us: int
    body: str
    note: str


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key (hex) with when it was good: times are UTC microseconds, 0 for none."""

    id: str
    name: str
    public: str
    since_us: int
    until_us: int
    revoked_us: int
    statement: str


class Source(Protocol):
    """One tenant's log. Numbers of events count from 1."""

    @property
    def deployment(self) -> str:
        """The deployment's id."""

    @property
    def tenant(self) -> str:
        """Whose log it is; "" for the deployment's own."""

    def span(self, from_us: int, to_us: int) -> tuple[int, int]:
        """The first event at or after a moment, and the last before another; (n + 1, n) where there is none."""

    def bodies(self, first: int, last: int) -> Iterator[str]:
        """The events of these numbers, in order, as they stand in the log."""

    def earlier(self, types: Sequence[str], before: int) -> Iterator[str]:
        """The events of these types with a number below `before`, in order."""

    def subtree(self) -> Subtree:
        """Reads the log's complete subtrees."""

    def covering(self, size: int) -> Signed | None:
        """The first checkpoint of at least that size."""

    def checkpoints(self, above: int, up_to: int) -> Iterator[Signed]:
        """The checkpoints with above < size <= up_to, in order."""

    def before(self, size: int) -> Signed | None:
        """The last checkpoint of at most that size."""

    def digests(self, since_us: int, until_us: int) -> Iterator[Hourly]:
        """The digests of the hours that begin in a span, in order."""

    def public_keys(self) -> list[VerifyingKey]:
        """All keys that ever signed, the oldest first."""


def origin(source: Source) -> str:
    """The first line of a log's checkpoints."""
    return origin_of(source.deployment, source.tenant)
