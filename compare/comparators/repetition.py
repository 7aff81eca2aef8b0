"""Does the candidate go in circles? A loop says the same words in a row, or compresses far too well.

Whisper takes a compression ratio above 2.4 for a loop (Radford et al., 2022). Plain prose reaches
that in long texts, so the ratio is taken over windows of 1,000 bytes and has to be higher. What the
primary does as well, a table or a refrain, is no loop. A phrase of a few words needs no length to be
one: four times in a row is enough where the primary never says it twice.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from compare.comparators.lexical import normalised
from compare.comparison import Finding, Flag, Pair, Severity

_WINDOW = 1000
_SHORTEST = 600  # bytes; a short list compresses well and is no loop
_LOOP_RATIO = 3.4
_ABOVE_PRIMARY = 1.35
_PROSE = 1.5  # the least ratio ordinary prose has in a window

_FEW_WORDS = 0.35  # different words by all words, in a short text
_SHORT = range(8, 60)  # words
_RUN = re.compile(r"([^\s\-=_*#.~|+─═])\1{23,}")  # lines that are drawn are no loop

_LONGEST_PERIOD = 60  # words
_TIMES = 4
_REPEATED_WORDS = 16
_SENTENCE = re.compile(r"[.!?。！？;；]+(?:\s|(?<=[。！？；]))|\n+")
_CELLS = re.compile(r"^.*[|\t].*$", re.M)  # a table's are alike where there is nothing to say
_TELLING = re.compile(r"[^\W\d_]{3}|[㐀-鿿]")


def repetition(pair: Pair) -> Finding:
    """Signal `compression`, the candidate's highest ratio over windows, and the flag `REPETITION`."""
    candidate, primary = normalised(pair.candidate), normalised(pair.primary)
    ratio = compression(candidate)
    evidence = "" if _loops(pair.primary, primary) else _loops(pair.candidate, candidate)
    evidence = evidence or next(_phrases(pair.candidate, primary), "")
    usual = max(_PROSE, compression(primary))
    if not evidence and ratio > max(_LOOP_RATIO, _ABOVE_PRIMARY * usual):
        evidence = f"compresses {ratio:.1f} times: {pair.candidate.strip()[-80:]}"
    flags = (Flag("REPETITION", Severity.FAIL, evidence),) if evidence else ()
    return Finding({"compression": ratio}, flags)


def compression(text: str) -> float:
    """The highest zlib ratio of a text's windows; 1 for a short text."""
    raw = text.encode()
    if len(raw) < _SHORTEST:
        return 1.0
    last = max(1, len(raw) - _WINDOW // 2)
    parts = [raw[at : at + _WINDOW] for at in range(0, last, _WINDOW // 2)]
    return max(len(part) / len(zlib.compress(part)) for part in parts)


def _loops(text: str, words: str) -> str:
    run = _RUN.search(text)
    if run:
        return f"{len(run[0])} times in a row: {run[1]}"
    said = words.split()
    few = len(said) in _SHORT and len(set(said)) < _FEW_WORDS * len(said)
    return _again_and_again(said) or (f"few words, many times: {words[:80]}" if few else "")


def _again_and_again(words: list[str]) -> str:
    """The phrase said at least `_TIMES` times in a row over `_REPEATED_WORDS`; empty without one."""
    for period in range(1, min(_LONGEST_PERIOD, len(words) // _TIMES) + 1):
        needed = max(period * (_TIMES - 1), _REPEATED_WORDS - period)
        if phrase := next(_in_a_row(words, period, needed), ""):
            return f"again and again: {phrase}"
    return ""


def _in_a_row(words: list[str], period: int, needed: int) -> Iterator[str]:
    """Phrases of `period` words whose words come again for at least `needed` more, as their last."""
    run = 0
    for at, (word, later) in enumerate(zip(words, words[period:], strict=False)):
        run = run + 1 if word == later else 0
        if run == needed:
            yield " ".join(words[at : at + period])


def _phrases(text: str, primary: str) -> Iterator[str]:
    """Phrases of two words or more `_TIMES` in a row, whole sentences or not, which the primary says once or never."""
    sentences = [normalised(one) for one in _SENTENCE.split(_CELLS.sub("\n", text))]
    said = [one for one in sentences if one]
    whole = _in_a_row(said, 1, _TIMES - 1)
    parts = (
        phrase
        for one in said
        for period in range(2, _REPEATED_WORDS // _TIMES)
        for phrase in _in_a_row(one.split(), period, period * (_TIMES - 1))
        if len(set(phrase.split())) > 1
    )
    for phrase in (*whole, *parts):
        if _tells(phrase) and f" {phrase} {phrase} " not in f" {primary} ":
            yield f"again and again: {phrase}"


def _tells(phrase: str) -> bool:
    """Whether it is of several words, one of which is more than letters and numbers."""
    return " " in phrase and bool(_TELLING.search(phrase))
