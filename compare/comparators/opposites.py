"""One word heard as its opposite, in the same place: the left knee for the right one, hyper- for hypo-.

Words that stand elsewhere in a transcript do not hide it, as they do where a whole answer is asked for
its sides: a visit speaks of both knees, and one of thirty mentions is heard wrongly.
"""

from __future__ import annotations

from collections.abc import Iterator

from compare.comparators.transcript import aligned
from compare.comparison import Finding, Flag, Severity
from compare.sides import Sides
from compare.speech import Heard, Run

_NEAR = 4  # words within which an exchange in the other direction undoes one: "left and right knees"
_LONGEST = 2  # words of a run in which place by place is sure
_SHOWN = 4
_SIDES = (("left", "right"), ("kiri", "kanan"), ("左", "右"))
_WORDS = (
    ("anterior", "posterior"), ("medial", "lateral"), ("proximal", "distal"),
    ("positive", "negative"), ("benign", "malignant"), ("systolic", "diastolic"),
    ("increase", "decrease"), ("increased", "decreased"), ("abduction", "adduction"),
    ("naik", "turun"), ("阳", "阴"), ("陽", "陰"), ("升", "降"),
)  # fmt: skip
_BEGINNINGS = ("hypo", "hyper"), ("tachy", "brady")
_OPPOSITE = {frozenset(pair) for pair in _SIDES + _WORDS}
_OF_SIDES = {word for pair in _SIDES for word in pair}

type Swap = tuple[int, str, str]
"""The place in the primary's words, its word, and the candidate's."""


def opposites(sides: Sides) -> Finding:
    """Flags `LATERALITY`, for sides, and `TERM_ERROR`, for other opposites; both fail."""
    found = aligned(sides)
    swaps = [swap for run in found.runs for swap in _swaps(found, run)]
    sure = [one for one in swaps if not _undone(one, swaps)]
    lateral = [one for one in sure if one[1] in _OF_SIDES]
    others = [one for one in sure if one[1] not in _OF_SIDES]
    kinds = (("LATERALITY", lateral), ("TERM_ERROR", others))
    return Finding(
        flags=tuple(Flag(code, Severity.FAIL, _told(found, of)) for code, of in kinds if of)
    )


def _swaps(found: Heard, run: Run) -> Iterator[Swap]:
    if run.type != "substitute" or run.length > _LONGEST:
        return
    mine, its = found.primary[slice(*run.primary)], found.candidate[slice(*run.candidate)]
    for step, (one, other) in enumerate(zip(mine, its, strict=False)):
        if frozenset((one, other)) in _OPPOSITE or _begin_apart(one, other):
            yield run.primary[0] + step, one, other


def _begin_apart(one: str, other: str) -> bool:
    """Whether two words differ in an opposite beginning alone: hypothyroidism, hyperthyroidism."""
    return any(
        (one.startswith(a) and other == b + one.removeprefix(a))
        or (one.startswith(b) and other == a + one.removeprefix(b))
        for a, b in _BEGINNINGS
    )


def _undone(swap: Swap, swaps: list[Swap]) -> bool:
    place, one, other = swap
    return any(
        (other, one) == (back, forth) and abs(place - at) <= _NEAR for at, back, forth in swaps
    )


def _told(found: Heard, swaps: list[Swap]) -> str:
    return "; ".join(
        f"{' '.join(found.primary[max(0, at - 2) : at + 3])} (heard: {other})"
        for at, _, other in swaps[:_SHOWN]
    )
