"""Where the words that caused a flag stand in an answer. Pure.

A flag's evidence is written for people: `metformin 850 mg; the primary says 500 mg`. What it quotes is looked for in
each answer, word by word, and only what stands there is marked: nothing here knows what a flag means.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dashboards.difference import HAN, Segments

Span = tuple[int, int]
"""A place in a text: the first character, and the one behind the last."""

MOST_WORDS, MOST_PLACES = 120, 30
"""Words of an evidence that are looked for, and places of one flag that are marked in an answer."""
_ENOUGH_WORDS, _ENOUGH_HAN, _SHORT = 3, 4, 4

# A number is one word, and each Chinese character is one. Signs of vowels belong to their word (Tamil's are no \w).
_SIGNS = r"\u0300-\u036f\u0900-\u0dff"
_WORD = re.compile(rf"\d+(?:[.,]\d+)*|[{HAN}]|(?:[^\W\d_{HAN}]|[{_SIGNS}])+")
_HAN_WORD = re.compile(rf"[{HAN}]")
# What stands between the quotes of an evidence; a name says whose words follow.
_BETWEEN = re.compile(
    r"(?P<primary>\b(?:the )?primary(?:'s:|'s is\b| (?:says|calls)\b))"
    r"|(?P<candidate>\b(?:the )?candidate(?:'s:|'s is\b| (?:says|calls)\b))"
    r"|;|[:：](?=\s)|(?<=\s)\(|\)(?=[\s;]|$)|[…\n]|\.{3}|\belsewhere\b|\bis missing\b"
)
# The checker's own words about a side quote nobody.
_OWN_WORDS = re.compile(r"\b(?:primary|candidate|prompt)\b")
_COMMA = re.compile(r"[,，、](?!\d)")


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that an evidence quotes; `of` is the side whose they are, "" where it does not say."""

    of: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an answer: whether it differs from the other, and the flags whose evidence it is."""

    text: str
    differs: bool = False
    flags: tuple[int, ...] = ()


def quotes(evidence: str) -> tuple[Quote, ...]:
    """What an evidence quotes, in its order."""
    found: list[Quote] = []
    at, of = 0, ""
    for match in _BETWEEN.finditer(evidence):
        found += _quoted(evidence[at : match.start()], of)
        of = match.lastgroup or (of if match[0] in ":：" else "")
        at = match.end()
    return (*found, *_quoted(evidence[at:], of))


def _quoted(piece: str, of: str) -> Iterator[Quote]:
    if _OWN_WORDS.search(piece):
        return
    whole = Quote(of, _words(piece))
    parts = [Quote(of, _words(part)) for part in _COMMA.split(piece)]
    yield from (one for one in (whole, *(parts if len(parts) > 1 else ())) if one.words)


def _words(text: str) -> tuple[str, ...]:
    return tuple(_bare(match[0]) for match in _WORD.finditer(text))


def _bare(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()


class Grounds:
    """An answer of one side, ready to be asked where an evidence stands in it."""

    def __init__(self, side: str, text: str) -> None:
        """`side` is `primary` or `candidate`."""
        self._side = side
        self._spans = [match.span() for match in _WORD.finditer(text)]
        self._places: Mapping[str, list[int]] = defaultdict(list)
        for place, (start, end) in enumerate(self._spans):
            self._places[_bare(text[start:end])].append(place)

    def of(self, evidence: str) -> tuple[Span, ...]:
        """Where the quoted words stand, in order and apart; at most `MOST_PLACES`."""
        asked = [one for one in quotes(evidence) if one.of in ("", self._side)]
        left, found = MOST_WORDS, set[Span]()
        for one in asked:
            words = one.words[: max(0, left)]
            left -= len(words)
            found |= {self._span(begin, length) for begin, length in self._runs(words)}
        return _apart(sorted(found))[:MOST_PLACES]

    def _span(self, begin: int, length: int) -> Span:
        return self._spans[begin][0], self._spans[begin + length - 1][1]

    def _runs(self, words: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Longest runs of these words in the text that say enough: where each begins, and its length.

        Takes as many steps as the words have places in the text.
        """
        running: dict[int, int] = {}
        for at, word in enumerate((*words, "")):
            going = {
                place: running.get(place - 1, 0) + 1 for place in self._places.get(word, ())
            }
            for place, length in running.items():
                if place + 1 not in going and _says_enough(words, at - length, length):
                    yield place - length + 1, length
            running = going


def _says_enough(words: Sequence[str], begin: int, length: int) -> bool:
    """Whether a run of a quote is worth a mark: all of it, a number with its unit, or several words."""
    run = words[begin : begin + length]
    numbers = any(word[0].isdigit() for word in run)
    if length == len(words):
        return numbers or length > 1 or len(run[0]) > 2 or _is_han(run[0])
    if numbers:
        last = len(words) <= _SHORT and begin + length == len(words)
        return length > 1 or (last and len(run[0]) > 1)
    return length >= (_ENOUGH_HAN if any(map(_is_han, run)) else _ENOUGH_WORDS)


def _is_han(word: str) -> bool:
    return _HAN_WORD.match(word) is not None


def _apart(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, those that meet made one."""
    apart: list[Span] = []
    for start, end in spans:
        if apart and start <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((start, end))
    return tuple(apart)


def marks(grounds: Grounds, evidence: Sequence[str]) -> dict[int, tuple[Span, ...]]:
    """Where each evidence stands, by its number; the first is 1. One that stands nowhere is not there."""
    found = {number: grounds.of(one) for number, one in enumerate(evidence, 1)}
    return {number: spans for number, spans in found.items() if spans}


def sign(flags: Iterable[int]) -> str:
    """The signs of flags, beside their names and before their words."""
    return " ".join(f"⚑{number}" for number in flags)


def legend(flags: int, marked: Iterable[Mapping[int, object]], compared: bool) -> str:
    """What the marks of a pair mean, and which flags have none; `compared` says that differences were looked for."""
    placed = {number for side in marked for number in side}
    told = ["On a line: differs." if compared else "Too long to mark what differs."]
    if placed:
        told.append(
            f"Bold under a line, after {sign(sorted(placed))}: the words that this flag is about."
        )
    if missing := [number for number in range(1, flags + 1) if number not in placed]:
        told.append(f"{sign(missing)}: no words of it in what is shown of the answers.")
    return " ".join(told)


def overlaid(segments: Segments, marked: Mapping[int, Sequence[Span]]) -> tuple[Piece, ...]:
    """The segments of a text, cut where a flag's evidence begins or ends.

    `marked` are spans in the joined text, in order and apart, by the number of their flag. Joining the pieces gives
    the text back unchanged.
    """
    edges = sorted({edge for spans in marked.values() for span in spans for edge in span})
    at, pieces = 0, []
    for text, differs in segments:
        end = at + len(text)
        cuts = [at, *edges[bisect_right(edges, at) : bisect_left(edges, end)], end]
        pieces += [
            Piece(text[low - at : high - at], differs, _flags(marked, low))
            for low, high in pairwise(cuts)
        ]
        at = end
    return tuple(piece for piece in pieces if piece.text)


def _flags(marked: Mapping[int, Sequence[Span]], at: int) -> tuple[int, ...]:
    """The flags whose spans hold this character."""
    found = []
    for number, spans in sorted(marked.items()):
        before = bisect_right(spans, at, key=lambda span: span[0])
        if before and at < spans[before - 1][1]:
            found.append(number)
    return tuple(found)
