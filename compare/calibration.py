"""What a signal is worth: its value between mismatched answers (0) and the primary's own noise (1).

Every figure is a median over pairs of answers to general and clinical prompts; `docs/comparing.md`
says over which, and how to measure them again. A figure belongs to one encoder and one kind of
text: cosines of two encoders are not comparable (unrelated sentences score 0.1 with one, 0.8 with another).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """`null`: median of a signal over mismatched pairs. `floor`: over two answers of equal standing."""

    null: float
    floor: float

    def place(self, value: float) -> float:
        """Where a value lies between the two, clipped to 0..1."""
        return min(1.0, max(0.0, (value - self.null) / (self.floor - self.null)))


FAMILIES: Mapping[str, tuple[str, ...]] = {
    "lexical": ("overlap", "token_sort_ratio"),
    "semantic": ("f1",),
    "coverage": ("recall",),
}
"""The signals of each family; a family is the mean of its signals' places."""

type Scales = Mapping[str, Scale]

_SCALES: Mapping[tuple[str, str], Scales] = {
    ("all-MiniLM-L6-v2", "chat"): {
        "overlap": Scale(null=0.166, floor=0.565),
        "token_sort_ratio": Scale(null=0.426, floor=0.698),
        "f1": Scale(null=0.144, floor=0.698),
        "recall": Scale(null=0.146, floor=0.690),
    },
    ("all-MiniLM-L6-v2", "reason"): {
        "overlap": Scale(null=0.313, floor=0.532),
        "token_sort_ratio": Scale(null=0.536, floor=0.666),
        "f1": Scale(null=0.459, floor=0.675),
        "recall": Scale(null=0.441, floor=0.645),
    },
    ("multilingual-e5-small", "chat"): {
        "overlap": Scale(null=0.207, floor=0.581),
        "token_sort_ratio": Scale(null=0.491, floor=0.717),
        "f1": Scale(null=0.821, floor=0.919),
        "recall": Scale(null=0.822, floor=0.918),
    },
    ("multilingual-e5-small", "reason"): {
        "overlap": Scale(null=0.333, floor=0.556),
        "token_sort_ratio": Scale(null=0.554, floor=0.679),
        "f1": Scale(null=0.881, floor=0.920),
        "recall": Scale(null=0.879, floor=0.915),
    },
}


class NoScale(ValueError):
    """No signal tells equal from mismatched answers here."""


def scales(encoder: str, route: str) -> Scales:
    """The scales of an encoder (by its id) and a route; none for an encoder never measured."""
    return _SCALES.get(
        (encoder.partition("/")[0], "reason" if route == "reason" else "chat"), {}
    )


def equivalence(signals: Mapping[str, float], scales: Scales) -> tuple[float, dict[str, float]]:
    """Agreement in 0..1, the geometric mean of the families' places, and those places by family.

    One family near zero pulls the whole down, as a minimum would, but the mean moves less from one
    pair to the next. A signal that is missing counts as no agreement; one without a scale is not
    asked. Raises `NoScale` where none has one.
    """
    places = {
        family: sum(scales[name].place(signals.get(name, 0.0)) for name in used) / len(used)
        for family, names in FAMILIES.items()
        if (used := [name for name in names if name in scales])
    }
    if not places:
        raise NoScale
    product = 1.0
    for place in places.values():
        product *= place
    return product ** (1 / len(places)), places
