"""Sentences of an answer in English, Malay or Chinese: the pieces that are aligned with each other.

Malay ends its sentences as English does. A sentence is a line's part up to `.`, `!` or `?` before
white space, or up to the full-width marks; abbreviations and decimal points do not end one.
"""

from __future__ import annotations

import re

_LONGEST = 400  # characters; longer runs are broken at a comma or space, so that each keeps one thought

_ABBREVIATED = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|st|vs|no|e\.g|i\.e|approx|fig)|\b[A-Z])\.$", re.I
)
_ABBREVIATION = 12  # characters that end a piece; all of a long one need not be searched
_END = re.compile(r"(?<=[.!?])[\"')\]*]*\s+(?=\S)|(?<=[。！？；])")
_MARKUP = re.compile(
    r"^[^\S\n]*(?:[-*+•·#>|]+|\(?\d{1,2}[.)、]|[a-z][.)])\s*(?=\S)|[*_`|]{1,3}", re.M
)
_WORDLESS = re.compile(r"[\W_]+")
_BREAK = re.compile(r"(?<=[,;:，、：])|\s")


def split(text: str) -> list[str]:
    """The sentences of a text in order, without markup; empty for a text without a letter or digit."""
    plain = _MARKUP.sub("", text)
    found = [piece for line in plain.splitlines() for piece in _of_line(line.strip())]
    return [piece for piece in found if not _WORDLESS.fullmatch(piece)]


def _of_line(line: str) -> list[str]:
    pieces: list[str] = []
    for part in filter(None, _END.split(line)):
        if pieces and _ABBREVIATED.search(pieces[-1][-_ABBREVIATION:]):
            pieces[-1] = f"{pieces[-1]} {part}"
        else:
            pieces.append(part)
    return [short for piece in pieces for short in _shortened(piece.strip()) if short]


def _shortened(piece: str) -> list[str]:
    parts: list[str] = []
    while len(piece) > _LONGEST:
        breaks = [found.end() for found in _BREAK.finditer(piece, 1, _LONGEST)]
        cut = breaks[-1] if breaks else _LONGEST
        parts.append(piece[:cut].strip())
        piece = piece[cut:].strip()
    return [*parts, piece]
