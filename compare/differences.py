"""Two answers side by side, with the words marked in which they differ.

Sentences are aligned in their order, by how alike their letters are; within an aligned pair the
words that only one side has are marked. Case, white space and punctuation are no difference.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

ALIKE = 45.0
"""Of 100. Sentences less alike than that stand alone."""
MOST = 300
"""Sentences of a side that are aligned; what is behind them is set side by side as it comes."""
_LONGEST = 400  # characters; a longer piece is cut
_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])")
_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+(?:[.,'’]\w+)*|\s+|[^\w\s]+|_+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a sentence; `differs` where the other side does not have them here."""

    text: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What stands side by side; a side without a counterpart is empty."""

    primary: tuple[Piece, ...] = ()
    candidate: tuple[Piece, ...] = ()

    @property
    def same(self) -> bool:
        """Whether both sides say the same."""
        return not any(piece.differs for piece in (*self.primary, *self.candidate))


def side_by_side(primary: str, candidate: str) -> list[Row]:
    """Both texts in rows, in order; joined, each side's pieces are its text but for white space."""
    ours, theirs = _sentences(primary), _sentences(candidate)
    rows = [_row(a, b) for a, b in _aligned(ours[:MOST], theirs[:MOST])]
    rest = max(len(ours), len(theirs))
    return rows + [_row(_at(ours, place), _at(theirs, place)) for place in range(MOST, rest)]


def _at(sentences: Sequence[str], place: int) -> str | None:
    return sentences[place] if place < len(sentences) else None


def _sentences(text: str) -> list[str]:
    parts = [part for line in text.splitlines() for part in _END.split(line)]
    return [piece for part in parts for piece in _cut(part.strip()) if piece]


def _cut(part: str) -> list[str]:
    """In pieces of bounded length, between words where there are any."""
    pieces = []
    while len(part) > _LONGEST:
        at = part.rfind(" ", 1, _LONGEST)
        at = _LONGEST if at < 0 else at
        pieces.append(part[:at].strip())
        part = part[at:].strip()
    return [*pieces, part]


def _aligned(ours: list[str], theirs: list[str]) -> list[tuple[str | None, str | None]]:
    """The pairing in order with the most likeness above `ALIKE`, and what is left alone."""
    if not ours or not theirs:
        return [(one, None) for one in ours] + [(None, one) for one in theirs]
    gain = (process.cdist(ours, theirs, scorer=fuzz.ratio) - ALIKE).tolist()
    best = [[0.0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i, j in ((i, j) for i in range(len(ours)) for j in range(len(theirs))):
        paired = best[i][j] + gain[i][j]
        best[i + 1][j + 1] = max(paired, best[i][j + 1], best[i + 1][j])
    return _traced(ours, theirs, best, gain)


def _traced(
    ours: list[str], theirs: list[str], best: list[list[float]], gain: list[list[float]]
) -> list[tuple[str | None, str | None]]:
    found: list[tuple[str | None, str | None]] = []
    i, j = len(ours), len(theirs)
    while i or j:
        paired = i and j and gain[i - 1][j - 1] > 0
        if paired and best[i][j] == best[i - 1][j - 1] + gain[i - 1][j - 1]:
            i, j = i - 1, j - 1
            found.append((ours[i], theirs[j]))
        elif j and (not i or best[i][j] == best[i][j - 1]):
            j -= 1
            found.append((None, theirs[j]))
        else:
            i -= 1
            found.append((ours[i], None))
    return found[::-1]


def _row(ours: str | None, theirs: str | None) -> Row:
    if ours is None or theirs is None:
        return Row(*(() if one is None else (_alone(one),) for one in (ours, theirs)))
    ours_tokens, their_tokens = _TOKEN.findall(ours), _TOKEN.findall(theirs)
    ours_words, their_words = _words(ours_tokens), _words(their_tokens)
    steps = Levenshtein.opcodes([w for _, w in ours_words], [w for _, w in their_words])
    changed = [step for step in steps if step.tag != "equal"]
    return Row(
        _marked(ours_tokens, _places(ours_words, [(s.src_start, s.src_end) for s in changed])),
        _marked(
            their_tokens, _places(their_words, [(s.dest_start, s.dest_end) for s in changed])
        ),
    )


def _alone(sentence: str) -> Piece:
    return Piece(sentence, any(map(str.isalnum, sentence)))


def _words(tokens: Sequence[str]) -> list[tuple[int, str]]:
    """Places and folded forms of the tokens that are words."""
    return [(at, token.casefold()) for at, token in enumerate(tokens) if token[0].isalnum()]


def _places(words: Sequence[tuple[int, str]], spans: Sequence[tuple[int, int]]) -> set[int]:
    """The tokens of spans of words, and what stands between the words of one span."""
    return {
        at
        for start, end in spans
        if start < end
        for at in range(words[start][0], words[end - 1][0] + 1)
    }


def _marked(tokens: Sequence[str], differing: set[int]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for at, token in enumerate(tokens):
        differs = at in differing
        if pieces and pieces[-1].differs is differs:
            pieces[-1] = Piece(pieces[-1].text + token, differs)
        else:
            pieces.append(Piece(token, differs))
    return tuple(pieces)
