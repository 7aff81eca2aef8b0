"""What a signal is worth: its value between mismatched answers (0) and the primary's own noise (1).

Every figure is a median over pairs of answers to general and clinical prompts; `docs/comparing.md`
says over which, and how to measure them again. A figure belongs to one encoder and one kind of
text: cosines of two encoders are not comparable (unrelated sentences score 0.1 with one, 0.8 with another).
"""

from __future__ import annotations

import math
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
    "semantic": ("f1", "recall"),
}
"""Two views of whether answers say alike, by words and by meaning; each the mean of its signals' places."""

KEPT = Scale(null=0.2, floor=0.5)
"""How much of the primary's answer is there, which is another question: `coverage`, by the signal `kept`.

Answers to other prompts have as much of its letters as good ones, so no mismatched pair can scale
it: a fifth is hardly anything, and two good models' answers have half.
"""

SHORT = "short"
"""Notes of so few words (`compare/noise.py`) share no more words by chance than chat does."""

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


def scales(encoder: str, route: str, length: str = "") -> Scales:
    """The scales of an encoder (by its id), a route and a length of the primary's answer, as cells have it.

    None for an encoder never measured.
    """
    long_note = route == "reason" and length != SHORT
    return _SCALES.get((encoder.partition("/")[0], "reason" if long_note else "chat"), {})


def equivalence(signals: Mapping[str, float], scales: Scales) -> tuple[float, dict[str, float]]:
    """Agreement in 0..1, and the places it was made of, by family and with `coverage`.

    The geometric mean of how alike the answers are, which is the mean of the families, and of how much
    is there: whoever says other things, or leaves most out, has next to none. A signal that is
    missing counts as no agreement; one without a scale is not asked. Raises `NoScale` where none has one.
    """
    places = {
        family: sum(scales[name].place(signals.get(name, 0.0)) for name in used) / len(used)
        for family, names in FAMILIES.items()
        if (used := [name for name in names if name in scales])
    }
    if not places:
        raise NoScale
    alike = sum(places.values()) / len(places)
    coverage = KEPT.place(signals.get("kept", 0.0))
    return math.sqrt(alike * coverage), places | {"coverage": coverage}
