"""Finding and covering what names a patient. Pure and deterministic: same text, same result.

Defence in depth: what is found is covered, what is not found is still there. Names of people are not looked for.
No text that went through here is de-identified, and nothing may be shown to somebody on its strength alone.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from mirror.redaction import patterns


class Kind(StrEnum):
    """What was found. Where two lie over each other the one named first here wins."""

    EMAIL = "email"
    MRN = "mrn"
    MYKAD = "mykad"
    PASSPORT = "passport"
    PHONE = "phone"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Found:
    """One identifier: characters `start` to `end` of the text."""

    kind: Kind
    start: int
    end: int


_ORDER = {kind: number for number, kind in enumerate(Kind)}


def find(text: str, mrn: Sequence[re.Pattern[str]] = ()) -> list[Found]:
    """What is found in a text, in its order and without overlaps. `mrn` are a clinic's own forms of record numbers."""
    plain = _plain(text)
    kept: list[Found] = []
    for one in sorted(_all(plain, mrn), key=lambda it: (_ORDER[it.kind], it.start, -it.end)):
        first = bisect_right(kept, one.start, key=_end)
        last = bisect_left(kept, one.end, lo=first, key=_start)
        kept[first:last] = sorted(
            [*kept[first:last], *_left(one, kept[first:last], plain)], key=_start
        )
    return kept


def redacted(text: str, mrn: Sequence[re.Pattern[str]] = ()) -> str:
    """The text with `[mykad]`, `[phone]`, ... in place of what was found."""
    parts, at = [], 0
    for one in find(text, mrn):
        parts += [text[at : one.start], f"[{one.kind}]"]
        at = one.end
    return "".join(parts) + text[at:]


_start, _end = attrgetter("start"), attrgetter("end")


def _left(one: Found, over: Sequence[Found], text: str) -> list[Found]:
    """What of a finding lies outside of the kept ones `over` it: an address is covered around a telephone too."""
    edges = [one.start, *(edge for other in over for edge in (other.start, other.end)), one.end]
    return [
        Found(one.kind, start, end)
        for start, end in zip(edges[::2], edges[1::2], strict=True)
        if any(map(str.isalnum, text[start:end]))
    ]


def _all(text: str, mrn: Iterable[re.Pattern[str]]) -> Iterator[Found]:
    for found in patterns.MYKAD.finditer(text):
        if patterns.is_mykad(found):
            yield Found(Kind.MYKAD, *found.span())
    for kind, pattern in (
        (Kind.EMAIL, patterns.EMAIL),
        (Kind.PHONE, patterns.PHONE),
        (Kind.ADDRESS, patterns.ADDRESS),
        (Kind.ADDRESS, patterns.ADDRESS_HAN),
        *((Kind.MRN, one) for one in mrn),
    ):
        for found in pattern.finditer(text):
            if found.end() > found.start():
                yield Found(kind, *found.span())
    for kind, pattern in ((Kind.PASSPORT, patterns.PASSPORT), (Kind.MRN, patterns.MRN)):
        for found in pattern.finditer(text):
            # of "MRN: 12345" the number alone is covered, so that a reader knows what was there
            yield Found(kind, *(found.span("id") if found["id"] else found.span()))


def _plain(text: str) -> str:
    """With digits, letters and dashes of other widths as ASCII, character for character."""
    return text if text.isascii() else "".join(map(_one, text))


def _one(character: str) -> str:
    if character in "‐‑‒–—−－":
        return "-"
    if character == "\u00a0":
        return " "
    told = unicodedata.normalize("NFKC", character)
    return told if len(told) == 1 else character
