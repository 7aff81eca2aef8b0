"""Names of medicines in a text, by their generic name: from the lexicon, and by the stems of generic names.

The stems are the World Health Organization's for international nonproprietary names ("The use of
stems in the selection of INN"): they find what is newer than any lexicon. Brands, Malay and Chinese
names are led back to the generic. A word that stands right before a dose counts as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from compare.comparators.lexicon import names

_STEM = re.compile(
    r"[a-z]{3,}(?:cillin|cycline|mycin|micin|oxacin|azole|pril|sartan|olol|statin|dipine|prazole|tidine"
    r"|gliptin|gliflozin|glutide|formin|glitazone|triptan|setron|azepam|azolam|caine|profen|oxetine"
    r"|parin|xaban|gatran|vir|tadine|thiazide|semide|terol|sone|solone|cort|lukast|fibrate|dronate"
    r"|tinib|zumab|ximab|mumab)"
)
_EVERYDAY = frozenset({
    "about", "above", "after", "also", "amount", "around", "average", "between", "caffeine",
    "calcium", "capsule", "capsules", "carbohydrates", "carbs", "cholesterol", "containing",
    "contains", "could", "daily", "dengan", "dos", "dosage", "dose", "doses", "each",
    "equals", "every", "exactly", "fat", "fiber", "fibre", "from", "gave", "gets", "given",
    "gives", "had", "has", "have", "hingga", "holds", "kurang", "lebih", "less", "level",
    "levels", "limit", "maksimum", "maximum", "minimum", "more", "most", "need", "needs",
    "only", "oral", "over", "pill", "pills", "potassium", "protein", "provides", "ratio",
    "recommended", "roughly", "sebanyak", "sehari", "serving", "setiap", "should", "sodium",
    "start", "strength", "sugar", "sugars", "tablet", "tablets", "take", "takes", "taking",
    "than", "that", "then", "this", "total", "under", "until", "used", "using", "usual",
    "usually", "with", "within", "would",
})  # fmt: skip
# Words that end as a generic name does, and what a laboratory, a diet or a habit is spoken of by.
_NO_DRUGS = frozenset({
    "betaine", "caffeine", "calcium", "cholesterol", "estrogen", "glucagon", "magnesium", "nicotine",
    "potassium", "progesterone", "sodium", "testosterone",
})  # fmt: skip
_SALT = r" (?:acid|chloride|sulphate|sulfate|bicarbonate|gluconate)\b"
_WORD = re.compile(rf"[a-z]+(?:[-'’][a-z]+)*(?:{_SALT})?", re.IGNORECASE)
_SECOND = re.compile(f"{_SALT}$")
_HAN = re.compile(
    "|".join(sorted((name for name in names() if not name.isascii()), key=len, reverse=True))
)


@dataclass(frozen=True, slots=True)
class Drug:
    """A medicine's generic name in lower case, and where it starts and ends in the text."""

    name: str
    at: tuple[int, int]

    @property
    def ingredients(self) -> tuple[str, ...]:
        """The generic names of what is in it: several for a combination."""
        return tuple(self.name.split("+"))


@lru_cache(maxsize=64)  # a text is asked several times while its pair is compared
def drugs(text: str) -> tuple[Drug, ...]:
    """The medicines named in a text, in order."""
    found = [drug for match in _WORD.finditer(text) for drug in _in_word(match)]
    found += [Drug(names()[match[0]], match.span()) for match in _HAN.finditer(text)]
    return tuple(sorted(found, key=lambda one: one.at))


def named_before(text: str, at: int) -> str:
    """The word right before a place in a text, where it could name a medicine; else empty."""
    match = re.search(r"([A-Za-z][A-Za-z-]{3,})\s*[:(]?\s*$", text[max(0, at - 40) : at])
    word = match[1].lower() if match else ""
    return "" if word in _EVERYDAY else word


def _in_word(match: re.Match[str]) -> Iterator[Drug]:
    """What a word names, or else its parts: "aspirin-free", "losartan-hydrochlorothiazide", "folic acid"."""
    start = match.start()
    for name, low, high in _named(match[0].lower()):
        yield Drug(name, (start + low, start + high))


@lru_cache(maxsize=20_000)  # texts are made of the same words
def _named(said: str) -> tuple[tuple[str, int, int], ...]:
    """The medicines in a word, or a word and its salt, with their places in it."""
    if said in names():
        return ((_generic(said), 0, len(said)),) if _generic(said) else ()
    word = _SECOND.sub("", said)
    if name := next(filter(None, map(_generic, _spelled(word))), ""):
        return ((name, 0, len(word)),)
    if word.isalpha():
        one = names().get(word.removesuffix("s"), "")  # "two Advils"
        return ((one, 0, len(word)),) if one and word not in _EVERYDAY else ()
    parts = ((_generic(part[0]), *part.span()) for part in re.finditer(r"[a-z]+", word))
    return tuple(part for part in parts if part[0])


def _spelled(word: str) -> tuple[str, ...]:
    """A word as it is, and without an apostrophe or a possessive: the prompt's "vick's" is Vicks."""
    if word.isalpha():
        return (word,)
    return (word, re.sub("['’]", "", word), re.sub("['’]s$", "", word))


def _generic(word: str) -> str:
    if word in _NO_DRUGS:
        return ""
    return names().get(word) or (word if _STEM.fullmatch(word) else "")
