"""A rollout's own noise: what its signals come to on answers of equal standing, and on mismatched ones.

The floor is the primary against its own second answer, the null one primary answer against the
answer to another request. Both are taken per cell (encoder, language, length) of one tenant's
route, and a cell that is thin leans on all of the rollout's cells, which lean on the built-in
scales. No tenant's answers bear on another's.

A median is shrunk by credibility, Z = n / (n + `CREDIBLE`) (Buehlmann, ASTIN Bulletin 4, 1967): at
`CREDIBLE` values half of it is the cell's own. A signal whose floor is not clear of its null tells
nothing in that cell, and is dropped there. An encoder without built-in scales has the rollout's own
medians alone, once there are `CREDIBLE` of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from compare.calibration import FAMILIES, Scale, Scales

CREDIBLE = 50
"""Values at which a cell's own median weighs as much as what it leans on."""

CLEAR = 3
"""Median absolute deviations of the floor by which it must be above the null."""

SHORT, MIDDLE = 60, 250
"""Words of the primary's answer up to which it is short, or of middle length."""

SIGNALS = tuple(name for family in FAMILIES.values() for name in family)

type Signals = Mapping[str, float]


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """Answers that are alike enough to be measured together. `language` is as `detect` says, "" for several."""

    encoder: str
    language: str
    length: str


def length_of(words: int) -> str:
    """`short`, `middle` or `long`, for an answer of so many words."""
    return "short" if words <= SHORT else "middle" if words <= MIDDLE else "long"


@dataclass(frozen=True, slots=True)
class Sample:
    """What one exchange tells of its cell. Empty signals where the one or the other was not to be had."""

    cell: Cell
    floor: Signals
    null: Signals


@dataclass(frozen=True, slots=True)
class Estimate:
    """One signal in one cell. `dropped` says why it is not used; "" where it is.

    `floor` and `null` are shrunk medians, `spread` the median absolute deviation of the floor.
    """

    null: float
    floor: float
    spread: float
    dropped: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """One cell: how many values it rests on, and what its signals come to."""

    cell: Cell
    floors: int
    nulls: int
    signals: Mapping[str, Estimate]

    @property
    def scales(self) -> Scales:
        """The scales of the signals that are used."""
        return {
            name: Scale(one.null, one.floor)
            for name, one in self.signals.items()
            if not one.dropped
        }


@dataclass(frozen=True)
class Calibration:
    """The scales of one rollout, frozen: comparisons made with it name it by its `id`."""

    cells: tuple[Measured, ...]

    @cached_property
    def id(self) -> str:
        """Twelve hex digits of the SHA-256 of what it says: the same for the same figures."""
        return hashlib.sha256(self.written().encode()).hexdigest()[:12]

    def scales(self, cell: Cell) -> Scales | None:
        """The scales of a cell; None for one that was not seen when it was taken."""
        return next((one.scales for one in self.cells if one.cell == cell), None)

    def written(self) -> str:
        """As canonical JSON, which `read` takes."""
        told = [
            [
                *(one.cell.encoder, one.cell.language, one.cell.length, one.floors, one.nulls),
                {
                    name: [each.null, each.floor, each.spread, each.dropped]
                    for name, each in sorted(one.signals.items())
                },
            ]
            for one in self.cells
        ]
        return json.dumps(told, separators=(",", ":"))


def read(written: str) -> Calibration:
    """A calibration from what `written` gave."""
    return Calibration(
        tuple(
            Measured(
                Cell(encoder, language, length),
                floors,
                nulls,
                {name: Estimate(*values) for name, values in signals.items()},
            )
            for encoder, language, length, floors, nulls, signals in json.loads(written)
        )
    )


def calibrate(samples: Iterable[Sample], built_in: Callable[[str], Scales]) -> Calibration:
    """The calibration that samples amount to; `built_in` gives the scales of an encoder to lean on."""
    by_cell: dict[Cell, list[Sample]] = {}
    for sample in samples:
        by_cell.setdefault(sample.cell, []).append(sample)
    by_encoder = {
        encoder: [one for cell, of in by_cell.items() if cell.encoder == encoder for one in of]
        for encoder in {cell.encoder for cell in by_cell}
    }
    wider = {
        encoder: {name: _of_rollout(name, of, built_in(encoder).get(name)) for name in SIGNALS}
        for encoder, of in by_encoder.items()
    }
    return Calibration(
        tuple(_measured(cell, by_cell[cell], wider[cell.encoder]) for cell in sorted(by_cell))
    )


def _measured(cell: Cell, samples: Sequence[Sample], wider: Mapping[str, Estimate]) -> Measured:
    signals = {
        name: _judged(_estimate(name, samples, lean.null, lean.floor), lean)
        for name, lean in wider.items()
    }
    floors, nulls = (
        sum(bool(getattr(one, side)) for one in samples) for side in ("floor", "null")
    )
    return Measured(cell, floors, nulls, signals)


def _of_rollout(name: str, samples: Sequence[Sample], lean: Scale | None) -> Estimate:
    """One signal over all cells of an encoder, leaning on a built-in scale where there is one."""
    if lean is not None:
        return _estimate(name, samples, lean.null, lean.floor)
    nulls, floors = _values(name, samples)
    if min(len(floors), len(nulls)) < CREDIBLE:
        why = f"{len(floors)} floors and {len(nulls)} nulls, {CREDIBLE} of both are needed here"
        return Estimate(0.0, 0.0, 0.0, why)
    return _estimate(name, samples, median(nulls), median(floors))


def _values(name: str, samples: Sequence[Sample]) -> tuple[list[float], list[float]]:
    """A signal's nulls and floors."""
    return (
        [one.null[name] for one in samples if name in one.null],
        [one.floor[name] for one in samples if name in one.floor],
    )


def _estimate(name: str, samples: Sequence[Sample], null: float, floor: float) -> Estimate:
    """One signal's shrunk medians, leaning on the given ones; the spread is its own, or none."""
    nulls, floors = _values(name, samples)
    middle = median(floors) if floors else floor
    spread = median([abs(x - middle) for x in floors]) if floors else 0.0
    return Estimate(shrunk(nulls, null), shrunk(floors, floor), round(spread, 6))


def shrunk(values: Sequence[float], lean: float) -> float:
    """The median of some values, shrunk towards what it leans on; that alone where there are none."""
    if not values:
        return lean
    own = len(values) / (len(values) + CREDIBLE)
    return round(own * median(values) + (1 - own) * lean, 6)


def _judged(one: Estimate, wider: Estimate) -> Estimate:
    """Whether the floor stands clear of the null. A thin cell's spread says little: the wider one counts too."""
    if wider.dropped:
        return wider
    spread = max(one.spread, wider.spread)
    apart = one.floor - one.null
    if apart > 0 and apart >= CLEAR * spread:
        return one
    why = f"floor {one.floor:.2f} and null {one.null:.2f} are less than {CLEAR} x {spread:.2f} apart"
    return Estimate(one.null, one.floor, one.spread, why)
