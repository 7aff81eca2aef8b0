"""Word of long bodies that no row will point to: left before the rows are committed, taken back
when the body is deleted. A drainer that is killed in between leaves it to the next one.

A word is a file in the spool folder that the body came from, of a few bytes, named by the body's digest.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mirror.exchange import Large

_SUFFIX = ".unwanted"
_DIGITS = 64  # of a SHA-256 in hex


@dataclass(frozen=True, slots=True)
class Word:
    """A body, and where its record ends: it is unwanted once that place is in the store."""

    large: Large
    segment: str
    end: int


def leave_word(segment: Path, large: Large, end: int) -> None:
    """Before the commit that leaves a body to nobody. Raises OSError."""
    if _is_digest(large.digest):
        _file(segment.parent, large).write_text(f"{segment.name} {end}")


def forget(folder: Path, large: Large) -> None:
    """After the body is deleted. May be repeated. Raises OSError."""
    if _is_digest(large.digest):
        _file(folder, large).unlink(missing_ok=True)


def words(folder: Path) -> Iterator[Word]:
    """What is left in a folder. Half a word says nothing: its commit never came."""
    for file in sorted(folder.glob(f"*{_SUFFIX}")):
        with contextlib.suppress(ValueError):
            segment, end = file.read_text().split(" ")
            yield Word(Large(file.name.removesuffix(_SUFFIX), 0, ""), segment, int(end))


def _file(folder: Path, large: Large) -> Path:
    return folder / f"{large.digest}{_SUFFIX}"


def _is_digest(written: str) -> bool:
    return len(written) == _DIGITS and set(written) <= set("0123456789abcdef")
