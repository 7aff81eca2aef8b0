"""Numbers of things in words, as in "1 request" and "2,000 requests". Pure."""

from __future__ import annotations

from collections import Counter


def counted(number: int, one: str, many: str = "") -> str:
    """A number with what it counts; `many` is the plural where it is not formed with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    """The most first; of as many, by name."""
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def listed(counts: Counter[str], most: int = 20) -> str:
    """What was counted, the most first, each with its number."""
    return ", ".join([f"{name or 'unnamed'} {many:,}" for name, many in ordered(counts)][:most])
