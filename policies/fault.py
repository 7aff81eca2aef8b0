"""A fault of a policy: where it is written, which key, and what is allowed there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

type Place = tuple[str | int, ...]
"""The way from the top of a policy to a value: keys of mappings and indexes of lists."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend. `line` counts from 1 and is 0 where the file could not be read at all."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        """`FILE:LINE: key: message`, the form that editors and build logs make into links."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.key, self.message) if part)


def dotted(place: Place) -> str:
    """A place as people write it: `rollouts[0].candidate.model`."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: `a`, `b`."""
    return ", ".join(f"`{name}`" for name in names) or "none"
