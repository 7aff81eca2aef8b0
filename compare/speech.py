"""Words that were heard: in one notation whoever wrote them down, and two such sequences side by side.

Doses, measures and frequencies are put into figures, so that "five hundred milligrams" and "500 mg" are the
same. English then goes through Whisper's own normaliser, for which "colour" is "color". It and its plain
sibling are for no other language: they delete the vowel signs of Tamil (arXiv 2409.02449). Elsewhere case,
width and punctuation are folded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import jiwer
from whisper_normalizer.english import EnglishTextNormalizer

from compare.comparators.language import detect
from compare.figures import in_figures, joined

LONGEST = 20_000
"""Characters of a transcript that are aligned: about 25 minutes of speech."""

_DIGITS = re.compile(r"(\d{40})\d+")
_HAN = re.compile("([\u3400-\u9fff\uf900-\ufaff])")
_NOTES = re.compile(r"\[[^\]\n]{0,60}\]|<\|[^|\n]{0,40}\|>")  # speakers and sounds, not words
_CLEAR = 3  # words in a row that are a match; one alone may be by chance
_CODES = {
    "english": "en", "malay": "ms", "bahasa melayu": "ms", "chinese": "zh", "mandarin": "zh",
    "tamil": "ta",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one kind in a row: `equal`, `substitute`, `insert` or `delete`; from and to, of both sides."""

    type: str
    primary: tuple[int, int]
    candidate: tuple[int, int]

    @property
    def length(self) -> int:
        """Words, of the longer side."""
        return max(self.primary[1] - self.primary[0], self.candidate[1] - self.candidate[0])


@dataclass(frozen=True, slots=True)
class Heard:
    """Both sides' words with the runs in which they agree and differ."""

    primary: tuple[str, ...]
    candidate: tuple[str, ...]
    runs: tuple[Run, ...]

    @property
    def agreed(self) -> int:
        """Words that both heard."""
        return sum(run.length for run in self.runs if run.type == "equal")

    @property
    def differences(self) -> int:
        """Words that were replaced, added or left out."""
        return sum(run.length for run in self.runs if run.type != "equal")

    @property
    def mer(self) -> float:
        """Match error rate, 0..1: differences by all words of the alignment; 0 where nobody said a word."""
        total = self.agreed + self.differences
        return self.differences / total if total else 0.0

    @property
    def error_rate(self) -> float:
        """Differences by the primary's words: of Chinese characters, the character error rate. May be above 1."""
        return self.differences / len(self.primary) if self.primary else float(self.differences)

    @property
    def unheard_end(self) -> int:
        """Words of the primary behind the last that both clearly heard, where the candidate has few there."""
        at, to = next(
            (
                (run.primary[1], run.candidate[1])
                for run in reversed(self.runs)
                if run.type == "equal" and run.length >= _CLEAR
            ),
            (0, 0),
        )
        mine, its = len(self.primary) - at, len(self.candidate) - to
        return mine if its < mine / 2 else 0


@lru_cache(maxsize=16)  # so is a pair
def heard(primary: str, candidate: str, language: str) -> Heard:
    """Both transcripts' words, aligned. `language` as of `language_of`."""
    ours, theirs = words(primary, language), words(candidate, language)
    return Heard(ours, theirs, tuple(_runs(ours, theirs)))


@lru_cache(maxsize=64)  # a transcript is asked several times while its pair is compared
def words(text: str, language: str) -> tuple[str, ...]:
    """The words of a transcript in one notation; every Chinese character is one."""
    said = unicodedata.normalize("NFKC", _NOTES.sub(" ", text[:LONGEST]))
    said = in_figures(said, language)
    plain = _in_english(said) if language == "en" else ""
    plain = plain or _HAN.sub(r" \1 ", _folded(said.casefold()))
    found = [word for word in plain.split() if any(map(str.isalnum, word))]
    return tuple(joined(" ".join(found)).split())


def _in_english(said: str) -> str:
    """In Whisper's notation of English; empty where its normaliser gives up on what was said."""
    said = _DIGITS.sub(r"\1", said)  # it turns numbers into integers, whose length is bounded
    for opening, closing in (("(", ")"), ("[<", "]>")):
        # Its search for the end of each bracket would be quadratic in those without one.
        last = max(map(said.rfind, closing)) + 1
        said = said[:last] + said[last:].translate(dict.fromkeys(map(ord, opening), " "))
    try:
        return str(_english()(said))
    except (AssertionError, ArithmeticError, ValueError):
        return ""


def language_of(named: Sequence[str], texts: Sequence[str]) -> str:
    """The language of the first name, a code or as Whisper writes it, or of the first text that tells.

    Latin letters alone that are too few to tell are taken for English; a mixture is empty.
    """
    for name in filter(None, named):
        return _CODES.get(name.lower(), name.lower()[:2])
    told = [found for found in map(detect, texts) if found]
    if told:
        return told[0]
    short = all(len(text) < 80 for text in texts)
    return "en" if short and all(text.isascii() for text in texts) else ""


def _runs(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Iterator[Run]:
    if not ours or not theirs:
        if ours or theirs:
            yield Run("delete" if ours else "insert", (0, len(ours)), (0, len(theirs)))
        return
    # Words hold no space, so jiwer's own splitting gives the same words back.
    found = jiwer.process_words(" ".join(ours), " ".join(theirs))
    for one in found.alignments[0]:
        yield Run(
            one.type,
            (one.ref_start_idx, one.ref_end_idx),
            (one.hyp_start_idx, one.hyp_end_idx),
        )


def _folded(text: str) -> str:
    """Without punctuation and symbols; signs that are part of a letter stay, and so do marks inside numbers."""
    kept = (
        sign if _spoken(sign) or _inside_number(text, at) else " "
        for at, sign in enumerate(text)
    )
    return "".join(kept)


def _spoken(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LMN" or sign == "%"


def _inside_number(text: str, at: int) -> bool:
    around = text[at - 1 : at] + text[at + 1 : at + 2]
    return text[at] == "." and len(around) == 2 and around.isdigit()


@cache
def _english() -> EnglishTextNormalizer:
    return EnglishTextNormalizer()
