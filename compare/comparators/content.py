"""The words of a text that carry what it says, by their stems, so that two ways of saying it meet.

Latin words of four letters and more without those that any text has, brought to their stem by the
English Snowball stemmer, which does Malay words no harm; of Chinese, each two characters in a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[a-z]{4,}|[㐀-䶿一-鿿豈-﫿]{2,}", re.IGNORECASE)
_SAYS_NOTHING = frozenset({
    "about", "after", "also", "been", "before", "being", "both", "can't", "could", "does", "doing",
    "done", "each", "from", "have", "having", "here", "into", "just", "like", "made", "make", "more",
    "most", "much", "must", "only", "other", "over", "same", "she'll", "should", "some", "such",
    "than", "that", "their", "them", "then", "there", "these", "they", "this", "those", "through",
    "very", "were", "what", "when", "where", "which", "while", "will", "with", "would", "your",
    "patient", "patients", "doctor",
    "adalah", "akan", "atau", "beliau", "bagi", "boleh", "dalam", "dengan", "dari", "daripada",
    "itu", "juga", "kepada", "oleh", "pada", "pesakit", "sahaja", "sangat", "telah", "untuk", "yang",
})  # fmt: skip
_STEMMER = snowballstemmer.stemmer("english")


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))


@lru_cache(maxsize=64)  # a text is asked several times while its pair is compared
def content(text: str) -> tuple[str, ...]:
    """The content of a text, in order."""
    return tuple(_content(text))


def _content(text: str) -> Iterable[str]:
    for match in _WORD.finditer(text):
        word = match[0].lower()
        if not word.isascii():
            yield from (word[at : at + 2] for at in range(len(word) - 1))
        elif word not in _SAYS_NOTHING:
            yield _stem(word)


def covered(of: Iterable[str], by: Iterable[str]) -> float:
    """The share of the different words of one content that another has too; 1 where there are none."""
    wanted = set(of)
    return len(wanted.intersection(by)) / len(wanted) if wanted else 1.0
