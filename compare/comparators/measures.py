"""A number and its unit in members of their own: {"dose": 0.5, "unit": "g"} gives what 500 and "mg" give."""

from __future__ import annotations

from collections.abc import Sequence

from compare.comparators.fields import Leaf
from compare.comparators.quantities import quantities

_UNITS = ("unit", "units", "dose_unit", "dosage_unit", "uom")


def restated(found: Sequence[Leaf]) -> frozenset[str]:
    """Paths of the leaves that differ and make the same measure with their neighbour all the same."""
    differ = {leaf.path: leaf for leaf in found if leaf.differs}
    same: set[str] = set()
    for path, unit in differ.items():
        parent, _, name = path.rpartition(".")
        if name.lower() not in _UNITS:
            continue
        numbers = [
            other
            for other in differ.values()
            if other is not unit and other.path.rpartition(".")[0] == parent
        ]
        same |= {
            each for other in numbers if _is_same(other, unit) for each in (path, other.path)
        }
    return frozenset(same)


def _is_same(number: Leaf, unit: Leaf) -> bool:
    ours = quantities(f"{number.candidate} {unit.candidate}")
    theirs = quantities(f"{number.primary} {unit.primary}")
    if len(ours) != 1 or len(theirs) != 1 or not ours[0].kind:
        return False
    return (ours[0].value, ours[0].kind) == (theirs[0].value, theirs[0].kind)
