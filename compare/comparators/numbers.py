"""Are the candidate's numbers grounded? Checked against prompt and primary.

A number that neither holds is for review: it may be a fact the primary left out. Doses are another
matter, and have a comparator of their own.
"""

from __future__ import annotations

from compare.comparators.quantities import Quantity, quantities
from compare.comparison import Finding, Flag, Pair, Severity

_COUNTED = frozenset({"", "tablet", "puff", "drop"})
_SHOWN = 6


def numbers(pair: Pair) -> Finding:
    """Signal `numbers_supported`, the share that is grounded, and flag `NUMBER_UNSUPPORTED` (review)."""
    said = [one for one in quantities(pair.candidate) if not _trivial(one)]
    grounds = quantities(pair.primary) + quantities(pair.prompt)
    known = {(one.value, one.kind) for one in grounds} | {(one.value, "") for one in grounds}
    loose = [one for one in said if (one.value, one.kind) not in known]
    supported = 1 - len(loose) / len(said) if said else 1.0
    if not loose:
        return Finding({"numbers_supported": supported})
    shown = ", ".join(dict.fromkeys(one.said for one in loose[:_SHOWN]))
    flags = (Flag("NUMBER_UNSUPPORTED", Severity.REVIEW, shown),)
    return Finding({"numbers_supported": supported}, flags)


def _trivial(one: Quantity) -> bool:
    """Counts of things and list numbers: every fluent answer has its own."""
    return one.kind in _COUNTED and one.value <= 10 and one.value == int(one.value)
