"""Two JSON documents, field by field: which values are the same, and where they are not.

Each leaf is judged by its type and name. Numbers, truth values, dates, quantities, single words
and whatever the schema lists are the same or not; prose is as alike as its words are. Arrays of
objects are matched by a member that identifies them, arrays of texts as sets, all others by place.
What says nothing (null, an empty text, array or object) is the same as a member that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz

from compare.comparators.dates import days, moment
from compare.comparators.lexical import normalised
from compare.comparators.matching import matched
from compare.comparators.quantities import quantities
from compare.documents import shown

_LONGEST = 20_000  # characters of one text that are compared
_FEW_WORDS = 6
_UNLIKE = 0.5
_CODES = re.compile(
    r"(?:^|_)(?:id|ids|code|codes|icd|icd10|uuid|status|state|type|category|severity|priority"
    r"|level|unit|units|gender|sex|email|phone|url|side|route|language|currency)$"
)


_DOSED = re.compile(
    r"(?:^|_)(?:dose|doses|dosage|strength|quantity|qty|mg|mcg|ml|iu)(?:$|_(?:mg|mcg|g|ml|iu|value|amount)$)"
)
_ALLERGY = re.compile(r"allerg|alahan|alergi|过敏", re.IGNORECASE)
_COUNTED = re.compile(r"(?:^|_)(?:amount|total|price|cost|age|count)$")


class Sort(StrEnum):
    """What kind of difference a leaf may have."""

    NUMBER = "number"
    EXACT = "exact"  # a truth value, a date, a code or one word
    PROSE = "prose"
    TYPE = "type"
    GONE = "gone"  # only the primary has it
    NEW = "new"  # only the candidate has it


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of either document: `share` of it agrees, 0..1. Paths are the primary's where it has it."""

    path: str
    sort: Sort
    primary: object
    candidate: object
    share: float

    @property
    def differs(self) -> bool:
        """Whether it says something else, and not only in other words."""
        return self.share < (_UNLIKE if self.sort is Sort.PROSE else 1)

    @property
    def words(self) -> str:
        """The difference for a reader."""
        ours, theirs = (
            f'"{said}"' if self.sort is Sort.TYPE and isinstance(value, str) else said
            for value, said in ((one, shown(one)) for one in (self.candidate, self.primary))
        )
        ours = "nothing" if self.sort is Sort.GONE else ours
        theirs = "nothing" if self.sort is Sort.NEW else theirs
        return f"{self.path}: {ours}; the primary says {theirs}"


def leaves(
    primary: object, candidate: object, exact: frozenset[str] = frozenset()
) -> tuple[Leaf, ...]:
    """Every leaf of two documents. Texts of `exact` have no other words for what they say."""
    return tuple(_walk("$", primary, candidate, exact))


def score(found: Sequence[Leaf]) -> float:
    """The share of the leaves that agree, 0..1; documents that both say nothing agree."""
    return sum(leaf.share for leaf in found) / len(found) if found else 1.0


def _walk(
    path: str, primary: object, candidate: object, exact: frozenset[str]
) -> Iterator[Leaf]:
    if _silent(primary) or _silent(candidate):
        yield from _alone(path, primary, Sort.GONE)
        yield from _alone(path, candidate, Sort.NEW)
    elif isinstance(primary, Mapping) and isinstance(candidate, Mapping):
        for key in dict.fromkeys((*primary, *candidate)):
            inner = f"{path}.{shown(key, 40)}"
            yield from _walk(inner, primary.get(key), candidate.get(key), exact)
    elif isinstance(primary, list) and isinstance(candidate, list):
        for place, (ours, theirs) in enumerate(matched(primary, candidate)):
            yield from _walk(f"{path}[{place}]", ours, theirs, exact)
    elif isinstance(primary, Mapping | list) or isinstance(candidate, Mapping | list):
        yield Leaf(path, Sort.TYPE, primary, candidate, 0.0)
    else:
        yield _leaf(path, primary, candidate, exact)


def _silent(value: object) -> bool:
    """Whether a value says nothing: an object of silent members does neither."""
    if isinstance(value, Mapping):
        return all(_silent(one) for one in value.values())
    return value is None or value in ("", [])


def _alone(path: str, value: object, sort: Sort) -> Iterator[Leaf]:
    """The leaves of what only one side has."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _alone(f"{path}.{shown(key, 40)}", inner, sort)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _alone(f"{path}[{place}]", inner, sort)
    elif not _silent(value):
        primary, candidate = (value, None) if sort is Sort.GONE else (None, value)
        yield Leaf(path, sort, primary, candidate, 0.0)


def _leaf(path: str, primary: object, candidate: object, exact: frozenset[str]) -> Leaf:
    if isinstance(primary, str) and isinstance(candidate, str):
        sort, share = _texts(path, primary, candidate, exact)
    elif isinstance(primary, bool) or isinstance(candidate, bool):
        same = isinstance(primary, bool) and isinstance(candidate, bool)
        sort, share = (Sort.EXACT if same else Sort.TYPE), float(primary is candidate)
    elif isinstance(primary, str) or isinstance(candidate, str):
        sort, share = Sort.TYPE, 0.0
    else:
        sort, share = Sort.NUMBER, float(primary == candidate)
    return Leaf(path, sort, primary, candidate, share)


def _texts(
    path: str, primary: str, candidate: str, exact: frozenset[str]
) -> tuple[Sort, float]:
    if primary == candidate:
        return Sort.EXACT, 1.0
    if primary in exact and candidate in exact:
        return Sort.EXACT, 0.0
    longest = max(len(primary), len(candidate))
    if longest > _LONGEST:  # the rest was not looked at, and does not count as the same
        sort, share = _words(path, primary[:_LONGEST], candidate[:_LONGEST])
        return sort, share * _LONGEST / longest
    return _words(path, primary, candidate)


def _words(path: str, primary: str, candidate: str) -> tuple[Sort, float]:
    ours, theirs = normalised(candidate), normalised(primary)
    if dated := _dated(primary, candidate):
        return Sort.EXACT, float(dated == "same")
    if _measured(candidate) or _measured(primary):
        return Sort.NUMBER, float(_amounts(candidate) == _amounts(primary))
    if ours == theirs and ours:
        return Sort.PROSE, 1.0
    if _is_code(path) or max(len(ours.split()), len(theirs.split())) <= 1:
        return Sort.EXACT, float(ours == theirs and bool(ours))
    return Sort.PROSE, _alike(theirs, ours, _amounts(primary) == _amounts(candidate))


def _alike(primary: str, candidate: str, same_amounts: bool) -> float:
    """How alike two normalised texts are; a short one with other numbers is another one."""
    if not same_amounts and len(primary.split()) <= _FEW_WORDS:
        return 0.0
    alike = fuzz.token_sort_ratio(primary, candidate) / 100
    return alike if same_amounts else alike / 2


def _dated(primary: str, candidate: str) -> str:
    """`same` or `other` for two dates or moments; empty where one is neither."""
    if len(primary) > 40 or len(candidate) > 40:
        return ""
    mine, its = moment(candidate), moment(primary)
    if mine and its:
        if (mine.tzinfo is None) != (
            its.tzinfo is None
        ):  # one names no offset: the clock counts
            return "same" if primary.strip()[:16] == candidate.strip()[:16] else "other"
        return "same" if mine == its else "other"
    ours, theirs = days(candidate), days(primary)
    if not ours or not theirs:
        return ""
    return "same" if ours & theirs else "other"


def _measured(text: str) -> bool:
    """Whether a text is a number with or without a unit, and nothing else."""
    found = quantities(text) if len(text) <= 40 else ()
    return bool(found) and not normalised(text[: found[0].at[0]] + text[found[-1].at[1] :])


def _amounts(text: str) -> frozenset[tuple[float, str]]:
    return frozenset((one.value, one.kind) for one in quantities(text))


def _is_code(path: str) -> bool:
    return bool(_CODES.search(_name(path)))


def is_dosed(path: str) -> bool:
    """Whether a leaf is named as what is given to a patient: a dose, a strength, a quantity."""
    return bool(_DOSED.search(_name(path)))


def is_allergy(path: str) -> bool:
    """Whether a leaf belongs to what a patient is allergic to."""
    return bool(_ALLERGY.search(path))


def is_counted(path: str) -> bool:
    """Whether a leaf is named as an amount that is read or added up: a total, a price, an age."""
    return bool(_COUNTED.search(_name(path)))


def _name(path: str) -> str:
    """The leaf's own name in lower case, its words apart by underscores."""
    name = re.sub(r"(?:\[\d+\])+$", "", path.rpartition(".")[2])
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
