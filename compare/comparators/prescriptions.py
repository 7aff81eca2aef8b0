"""Who takes what: medicines with their doses, how often and by which way, from the words around each name.

A dose belongs to the medicine it is "of", or else to the one named before it in the same sentence,
or else to the one right after it. How often and by which way belong to the medicine named last.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from compare.comparators.drugs import Drug, drugs, named_before
from compare.comparators.frequencies import frequencies
from compare.comparators.quantities import Quantity, quantities
from compare.comparators.restated import Total, count, repeated, total

_DOSED = frozenset({
    "mg", "ml", "iu", "tablet", "puff", "drop", "mmol", "meq",
    "mg/kg", "mg/h", "ml/h", "mg/kg/min", "mg/min", "iu/h", "mmol/h",
})  # fmt: skip
_HEAVY = frozenset({"kg", "kilogram", "kilograms", "公斤", "千克"})  # of people, not of doses
_FAR = 60  # characters between a medicine and what is said of it after its name
_NEAR = 30  # and before it
_BREAK = re.compile(r"(?<=[.!?])\s+|[。！？；\n]")
_LISTED = re.compile(r"\s*(?:,|and|dan|,\s*and|、|和)\s*", re.IGNORECASE)
_OF = re.compile(r"\s*(?:of |of the |of oral |的)?", re.IGNORECASE)
_ROUTES = {
    "oral": r"oral|orally|by mouth|p\.?o\.?|per os|secara oral|口服",
    "intravenous": r"intravenous|intravenously|i\.?v\.?(?: push| bolus)?|intravena|静脉(?:注射|滴注)?",
    "intramuscular": r"intramuscular|intramuscularly|i\.?m\.?|intraotot|肌肉?注射|肌注",
    "subcutaneous": r"subcutaneous|subcutaneously|subcut|s\.?c\.?|s\.?q\.?|subkutan|皮下注射",
    "inhaled": r"inhaled|inhalation|nebuli[sz]ed|nebuli[sz]er|disedut|吸入|雾化",
    "topical": r"topical|topically|sapu|外用|外涂",
    "sublingual": r"sublingual|sublingually|bawah lidah|舌下",
    "intrathecal": r"intrathecal|intrathecally|intratekal|鞘内(?:注射)?",
    "epidural": r"epidural|epidurally|硬膜外",
    "intradermal": r"intradermal|intradermally|intradermis|皮内注射",
    "intranasal": r"intranasal|intranasally|鼻内|喷鼻",
    "vaginal": r"vaginal|vaginally|pessary|faraj|阴道",
    "rectal": r"rectal|rectally|suppository|melalui dubur|直肠|塞肛",
}
_ROUTE = re.compile(
    r"(?:(?<![a-z.])(?=[a-z])|(?=[^\x00-\x7f]))(?:"  # quickly past what begins no word
    + "|".join(f"(?P<{name}>(?:{words}))" for name, words in _ROUTES.items())
    + r")(?![a-z])",
    re.IGNORECASE,
)


class _Placed(Protocol):
    @property
    def at(self) -> tuple[int, int]: ...


@dataclass(slots=True)
class Prescribed:
    """What a text says of one medicine: doses, times a day and ways, each with its words.

    `numbers` are those without a unit near it: people say "from five hundred to seven fifty".
    """

    numbers: set[float] = field(default_factory=set)
    doses: dict[tuple[float, str], str] = field(default_factory=dict)
    times: dict[float, str] = field(default_factory=dict)
    ways: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dose:
    """A quantity that is a dose, and the medicine it is of; empty where none is named near it.

    `count` is how many of it are taken at once, `total` whether it is what doses make in a day, `repeated`
    whether right after it stands that it is given several times a day, and `after` the medicine of the
    dose before it: "Total daily dose: 1 g." names none.
    """

    of: str
    quantity: Quantity
    count: float = 1
    total: Total = Total.NO
    repeated: bool = False
    after: str = ""


def is_dose(one: Quantity) -> bool:
    """Whether a quantity may be a dose by its unit."""
    return one.kind in _DOSED and one.unit not in _HEAVY


@lru_cache(maxsize=64)  # a text is asked several times while its pair is compared
def doses_in(text: str) -> tuple[Dose, ...]:
    """The doses of a text in order."""
    near, found, after = _Near(text), list[Dose](), ""
    for one in quantities(text):
        if is_dose(one):
            of = near.of_dose(one)
            often = repeated(text, one.at[1])
            found.append(Dose(of, one, count(text, one), total(text, one), often, after))
            after = of or after
    return tuple(found)


@lru_cache(maxsize=64)
def prescribed(text: str) -> Mapping[str, Prescribed]:
    """What a text says of each of its medicines, by the generic name of the first ingredient."""
    found: dict[str, Prescribed] = defaultdict(Prescribed)
    near = _Near(text)
    for dose in doses_in(text):
        if dose.of:
            one = dose.quantity
            found[dose.of].doses.setdefault((one.value, one.kind), one.said)
    often_said = frequencies(text)
    said_of_time = [one.at for one in often_said]
    for name, number in near.named(quantities(text)):
        if not number.kind and not _within(number.at, said_of_time):
            found[name].numbers.add(number.value)
    for name, often in near.named(often_said):
        found[name].times.setdefault(often.times, often.said)
    for name, way in near.named(_ways(text)):
        found[name].ways.setdefault(way.way, way.said)
    return dict(found)


def _within(at: tuple[int, int], spans: Iterable[tuple[int, int]]) -> bool:
    return any(low <= at[0] and at[1] <= high for low, high in spans)


@dataclass(frozen=True, slots=True)
class _Way:
    way: str
    said: str
    at: tuple[int, int]


def _ways(text: str) -> Iterator[_Way]:
    return (
        _Way(str(match.lastgroup), match[0], match.span()) for match in _ROUTE.finditer(text)
    )


class _Near:
    """Finds the medicine that a place of a text speaks of."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._named: Sequence[Drug] = drugs(text)
        self._starts = [one.at[0] for one in self._named]
        self._breaks = [match.start() for match in _BREAK.finditer(text)]

    def of_dose(self, dose: Quantity) -> str:
        start, end = dose.at
        right = next(self._after(dose.at), None)
        of = _OF.match(self._text, end)
        if right is not None and of is not None and right.at[0] == of.end():
            return _key(right)
        nearest = next(self._before(dose.at), right)
        if nearest is not None:
            return _key(nearest)
        plain = dose.kind in ("mg", "iu") and dose.value < 5_000
        return named_before(self._text, start) if plain else ""

    def named[T: _Placed](self, words: Iterable[T]) -> Iterator[tuple[str, T]]:
        """The medicines that words stand with, and those words."""
        return ((name, one) for one in words for name in self._with(one.at))

    def _with(self, at: tuple[int, int]) -> list[str]:
        """The one named last, with those it is listed with: "metformin and lisinopril daily"."""
        before = list(self._before(at))
        if not before:
            return [_key(one) for one in self._after(at)][:1]
        listed = [before[0]]
        for one in before[1:]:
            if not _LISTED.fullmatch(self._text, one.at[1], listed[-1].at[0]):
                break
            listed.append(one)
        return [_key(one) for one in listed]

    def _before(self, at: tuple[int, int]) -> Iterator[Drug]:
        """Those before it in its sentence, the nearest first."""
        for index in range(bisect_left(self._starts, at[0]) - 1, -1, -1):
            one = self._named[index]
            if at[0] - one.at[1] > _FAR or self._broken(one.at[0], at[0]):
                return
            yield one

    def _after(self, at: tuple[int, int]) -> Iterator[Drug]:
        for index in range(bisect_left(self._starts, at[1]), len(self._named)):
            one = self._named[index]
            if one.at[0] - at[1] > _NEAR or self._broken(at[1], one.at[0]):
                return
            yield one

    def _broken(self, low: int, high: int) -> bool:
        index = bisect_left(self._breaks, low)
        return index < len(self._breaks) and self._breaks[index] < high


def _key(one: Drug) -> str:
    return one.ingredients[0]
