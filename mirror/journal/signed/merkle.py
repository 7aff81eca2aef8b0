"""Merkle trees after RFC 6962 section 2.1 and RFC 9162 section 2.1: roots, proofs, and their checks.

A leaf is SHA-256(0x00 || entry), a node SHA-256(0x01 || left || right), and a tree of n leaves splits
at the largest power of two below n. All hashes here are 32 raw bytes; indices count from 0.
Only the standard library is imported, and only what Python 3.9 knows is used (so no slots): this file is
also a part of the verifier that bundles carry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""Reads the hash of one complete subtree: (level, index) is of the leaves index * 2^level and following,
2^level of them. Level 0 is the leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry as a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over the hashes of its two sides."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Range:
    """The first `size` leaves of a log, as the hashes of the fewest complete subtrees, largest first.

    Enough to add leaves and to tell the root, without the leaves themselves.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError where the hashes cannot be those of so many leaves."""
        if self.size < 0 or len(self.hashes) != bin(self.size).count("1"):
            raise ValueError(f"{len(self.hashes)} hashes are no range of {self.size} leaves")

    def add(self, leaf: bytes) -> Range:
        """This range and the next leaf (its hash)."""
        return self.take(0, leaf)

    def take(self, level: int, hashed: bytes) -> Range:
        """This range and the next 2^level leaves, as the hash of their complete subtree.

        Raises ValueError where a subtree of that level cannot begin here.
        """
        if level < 0 or self.size & ((1 << level) - 1):
            raise ValueError(f"no subtree of level {level} begins at leaf {self.size}")
        hashes, at = list(self.hashes), self.size >> level
        while at & 1:
            hashed = node_hash(hashes.pop(), hashed)
            at >>= 1
        return Range(self.size + (1 << level), (*hashes, hashed))

    def root(self) -> bytes:
        """The root of the tree over these leaves."""
        if not self.hashes:
            return EMPTY_ROOT
        return _folded(self.hashes)


def cover(first: int, end: int) -> list[tuple[int, int]]:
    """The largest complete subtrees, left to right, that are together the leaves first..end-1.

    Each is (level, index), aligned: it covers the leaves index * 2^level up to (index + 1) * 2^level - 1.
    """
    found = []
    while first < end:
        level = (end - first).bit_length() - 1
        if first:
            level = min(level, (first & -first).bit_length() - 1)
        found.append((level, first >> level))
        first += 1 << level
    return found


def range_of(size: int, subtree: Subtree) -> Range:
    """The range of the first `size` leaves, read from what is kept of them."""
    return Range(size, tuple(subtree(*at) for at in cover(0, size)))


def inclusion_path(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """What proves that leaf `index` stands in the tree of `size` leaves (RFC 9162 2.1.3.1).

    Raises ValueError where there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path: list[bytes] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            path.append(_tree(middle, end, subtree))
            end = middle
        else:
            path.append(_tree(first, middle, subtree))
            first = middle
    return path[::-1]


def consistency_path(old_size: int, new_size: int, subtree: Subtree) -> list[bytes]:
    """What proves that the tree of `old_size` leaves is the beginning of that of `new_size` (RFC 9162 2.1.4.1).

    Empty from size 0 and between equal sizes. Raises ValueError where the old tree is the larger.
    """
    if not 0 <= old_size <= new_size:
        raise ValueError(f"a tree of {new_size} leaves does not begin with {old_size}")
    if old_size in (0, new_size):
        return []
    path: list[bytes] = []
    first, end = 0, new_size
    while end != old_size:
        middle = first + _split(end - first)
        if old_size <= middle:
            path.append(_tree(middle, end, subtree))
            end = middle
        else:
            path.append(_tree(first, middle, subtree))
            first = middle
    if first:  # else the old tree is complete, and its root is known to who checks
        path.append(_tree(first, end, subtree))
    return path[::-1]


def verify_inclusion(
    index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes
) -> bool:
    """Whether the path proves that `leaf` is number `index` of the tree with that root (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *path):
        return False
    at, last, hashed = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            hashed = node_hash(step, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hashed = node_hash(hashed, step)
        at, last = at >> 1, last >> 1
    return last == 0 and hashed == root


def verify_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether the path proves that the new tree begins with the old one (RFC 9162 2.1.4.2)."""
    if not 0 <= old_size <= new_size or not _are_hashes(old_root, new_root, *path):
        return False
    if old_size == new_size:
        right = old_size > 0 or old_root == EMPTY_ROOT
        return right and not path and old_root == new_root
    if old_size == 0:
        return not path and old_root == EMPTY_ROOT
    if old_size & (old_size - 1) == 0:  # a complete tree is its own first step
        path = (old_root, *path)
    return bool(path) and _walked(old_size, new_size, path) == (old_root, new_root)


def _walked(old_size: int, new_size: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The two roots that a consistency path leads to; None where it has too few or too many steps."""
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            return None
        if at & 1 or at == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, step)
        at, last = at >> 1, last >> 1
    return (old, new) if last == 0 else None


def _split(count: int) -> int:
    """The largest power of two below a count of at least two."""
    return 1 << ((count - 1).bit_length() - 1)


def _tree(first: int, end: int, subtree: Subtree) -> bytes:
    """The root over leaves first..end-1, of a part that a tree splits into."""
    return _folded([subtree(*at) for at in cover(first, end)])


def _folded(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, each smaller than the one before it."""
    *rest, hashed = hashes
    for left in reversed(rest):
        hashed = node_hash(left, hashed)
    return hashed


def _are_hashes(*given: bytes) -> bool:
    return all(len(one) == HASH_BYTES for one in given)
