"""Which items of two arrays belong together? Objects by what identifies them, texts as in a set.

Bounded: what is equal is found by a look-up, and only so many of the others are tried against each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from rapidfuzz import fuzz

from compare.comparators.lexical import normalised

_TRIED = 2_500  # pairs of items that are tried against each other
_ALIKE = 60
_LONGEST = 2_000  # characters of an item by which it is known
_IDENTIFIES = (
    "id", "uuid", "key", "code", "name", "drug", "medication", "medicine", "title", "label",
    "field", "test", "date",
)  # fmt: skip

type Items = Sequence[object]
type Pairs = list[tuple[object, object]]


def matched(primary: Items, candidate: Items) -> Pairs:
    """Every item of both once, in the primary's order; None beside one that stands alone."""
    every = (*primary, *candidate)
    if all(isinstance(one, str) for one in every):
        return _joined(primary, candidate, lambda one: normalised(str(one)[:_LONGEST]))
    objects = [one for one in every if isinstance(one, Mapping)]
    if len(objects) < len(every):
        return _by_place(primary, candidate)
    name = _identifier(objects[: len(primary)], objects[len(primary) :])
    if name:
        return _joined(primary, candidate, lambda one: _identity(one, name))
    return _left_by_place(_joined(primary, candidate, _written, alike=101))


def _by_place(primary: Items, candidate: Items) -> Pairs:
    longest = max(len(primary), len(candidate))
    ours = [*primary, *[None] * (longest - len(primary))]
    theirs = [*candidate, *[None] * (longest - len(candidate))]
    return list(zip(ours, theirs, strict=True))


def _joined(
    primary: Items, candidate: Items, key: Callable[[object], str], alike: float = _ALIKE
) -> Pairs:
    """Items of the same key, then those whose keys are most alike, then what stands alone."""
    waiting: dict[str, list[object]] = {}
    for one in candidate:
        waiting.setdefault(key(one), []).append(one)
    pairs: Pairs = []
    alone: list[int] = []
    for place, one in enumerate(primary):
        found = waiting.get(key(one))
        pairs.append((one, found.pop(0) if found else None))
        if not found and pairs[-1][1] is None:
            alone.append(place)
    left = [one for rest in waiting.values() for one in rest]
    taken = _nearest([key(primary[at]) for at in alone], [key(one) for one in left], alike)
    for mine, its in taken.items():
        pairs[alone[mine]] = (primary[alone[mine]], left[its])
    used = set(taken.values())
    return pairs + [(None, one) for at, one in enumerate(left) if at not in used]


def _nearest(ours: Sequence[str], theirs: Sequence[str], alike: float) -> dict[int, int]:
    """Places that belong together, the most alike first; none where too many would be tried."""
    if len(ours) * len(theirs) > _TRIED or alike > 100:
        return {}
    tried = sorted(
        (-fuzz.token_sort_ratio(mine, its), at, to)
        for at, mine in enumerate(ours)
        for to, its in enumerate(theirs)
    )
    found: dict[int, int] = {}
    for unlike, at, to in tried:
        if -unlike >= alike and at not in found and to not in found.values():
            found[at] = to
    return found


def _left_by_place(pairs: Pairs) -> Pairs:
    """The same pairs, with those that stand alone on either side put beside each other in order."""
    new = iter([its for mine, its in pairs if mine is None])
    old = [
        (mine, its if its is not None else next(new, None))
        for mine, its in pairs
        if mine is not None
    ]
    return [*old, *((None, its) for its in new)]


def _identifier(
    primary: Sequence[Mapping[str, object]], candidate: Sequence[Mapping[str, object]]
) -> str:
    """The member that tells the objects of either array apart, and most often names one of the other's."""
    if not primary or not candidate:
        return ""
    best, most = "", -1.0
    for name in primary[0]:
        ours, theirs = _values(primary, name), _values(candidate, name)
        if ours is None or theirs is None:
            continue
        known = name.lower() in _IDENTIFIES
        worth = len(ours & theirs) + (0.5 if known else 0)
        if worth > most and worth > 0:
            best, most = name, worth
    return best


def _values(objects: Sequence[Mapping[str, object]], name: str) -> set[str] | None:
    """Its values, if every object has one of its own."""
    said = {_identity(one, name) for one in objects}
    return said if len(said) == len(objects) and "" not in said else None


def _identity(one: object, name: str) -> str:
    value = one.get(name) if isinstance(one, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return normalised(str(value)[:_LONGEST])


def _written(one: object) -> str:
    return json.dumps(one, sort_keys=True)
