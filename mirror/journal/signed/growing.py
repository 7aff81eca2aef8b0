"""A log's tree as it grows: which complete subtrees are kept on the way, and reading them back for proofs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mirror.journal.signed.merkle import Range, Subtree, node_hash

LEVELS = (8, 16, 24)
"""Complete subtrees of 2^8, 2^16 and 2^24 leaves are kept: a proof reads some hundred rows at most a step."""

type Rows = Callable[[int, int, int], list[bytes]]
"""Reads (level, first index, count) as far as they are there: level 0 are leaves, others are of `LEVELS`."""


@dataclass(frozen=True, slots=True)
class Complete:
    """One complete subtree: the leaves index * 2^level and following, 2^level of them."""

    level: int
    index: int
    hash: bytes


@dataclass(slots=True)
class Growing:
    """Adds leaves to a range, and notes the subtrees to be kept as they become complete."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)
    complete: list[Complete] = field(default_factory=list)

    @classmethod
    def of(cls, begun: Range) -> Growing:
        """Goes on from a range."""
        return cls(begun.size, list(begun.hashes))

    def add(self, leaves: Iterable[bytes]) -> None:
        """The next leaves."""
        for leaf in leaves:
            self._add(leaf)

    def range(self) -> Range:
        """All leaves so far."""
        return Range(self.size, tuple(self.hashes))

    def _add(self, hashed: bytes) -> None:
        at, level = self.size, 0
        while at & 1:
            hashed = node_hash(self.hashes.pop(), hashed)
            at, level = at >> 1, level + 1
            if level in LEVELS:
                self.complete.append(Complete(level, at, hashed))
        self.hashes.append(hashed)
        self.size += 1


def reader(rows: Rows) -> Subtree:
    """Reads any complete subtree out of the leaves and the subtrees that are kept.

    It raises LookupError where leaves are missing. A subtree that is not kept is computed from below.
    """
    known: dict[tuple[int, int], bytes] = {}

    def read(level: int, index: int) -> bytes:
        if (level, index) not in known:
            known[level, index] = _computed(rows, level, index)
        return known[level, index]

    return read


def _computed(rows: Rows, level: int, index: int) -> bytes:
    for base in (*(kept for kept in reversed(LEVELS) if kept <= level), 0):
        count = 1 << (level - base)
        found = rows(base, index * count, count)
        if len(found) == count:
            return _whole(found)
    raise LookupError(f"leaves of subtree {index} of level {level} are missing")


def _whole(hashes: list[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [
            node_hash(left, right)
            for left, right in zip(hashes[::2], hashes[1::2], strict=True)
        ]
    return hashes[0]
