"""Which words of two answers differ. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

Segments = tuple[tuple[str, bool], ...]
"""Pieces of one text in order; True where the piece differs from the other text."""

LONGEST = 1_500
"""Words a side. Beyond it nothing is marked: the comparison takes time that grows with the square."""

# Chinese is written without spaces, so each of its characters counts as a word.
HAN = r"\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{HAN}]\s*|[^\W{HAN}]+\s*|[^\w\s]\s*|\s+")


def marked(*, primary: str, candidate: str) -> tuple[Segments, Segments]:
    """Both texts in pieces, differing words marked. Case and white space do not make a difference.

    Joining the pieces of a side gives its text back unchanged.
    """
    if not is_compared(primary=primary, candidate=candidate):
        return ((primary, False),), ((candidate, False),)
    left, right = _WORD.findall(primary), _WORD.findall(candidate)
    matcher = SequenceMatcher(None, _bare(left), _bare(right), autojunk=False)
    blocks = matcher.get_matching_blocks()
    return (
        _segments(left, [(block.a, block.size) for block in blocks]),
        _segments(right, [(block.b, block.size) for block in blocks]),
    )


def is_compared(*, primary: str, candidate: str) -> bool:
    """Whether both texts are short enough to be compared word by word."""
    return all(len(_WORD.findall(text)) <= LONGEST for text in (primary, candidate))


def _bare(words: list[str]) -> list[str]:
    return [word.strip().casefold() for word in words]


def _segments(words: list[str], same: list[tuple[int, int]]) -> Segments:
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, size in same:
        differing = "".join(words[at:start])
        kept = differing.rstrip()
        pieces += [(kept, True), (differing[len(kept) :], False)]
        pieces.append(("".join(words[start : start + size]), False))
        at = start + size
    return tuple(piece for piece in pieces if piece[0])
