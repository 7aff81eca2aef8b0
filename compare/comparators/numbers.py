"""Are the candidate's numbers grounded? Checked against prompt and primary.

A number that neither holds is for review: it may be a fact the primary left out. Doses are another
matter, and have a comparator of their own. "Every 12 hours" is as good as "twice daily", and two tablets of 5 mg are 10 mg.
"""

from __future__ import annotations

import re

from compare.comparators.frequencies import frequencies
from compare.comparators.given import Given
from compare.comparators.prescriptions import doses_in
from compare.comparators.quantities import Quantity, quantities
from compare.comparison import Finding, Flag, Pair, Severity

_COUNTED = frozenset({"", "tablet", "puff", "drop"})
_SHOWN = 6
_IN_A_DAY = re.compile(r"一天(?=[总共合最不])")  # of a total, and no span of time


def numbers(pair: Pair) -> Finding:
    """Signal `numbers_supported`, the share that is grounded, and flag `NUMBER_UNSUPPORTED` (review)."""
    said = [one for one in quantities(pair.candidate) if not _trivial(one)]
    grounds = quantities(pair.primary) + quantities(pair.prompt)
    known = {(one.value, one.kind) for one in grounds} | {(one.value, "") for one in grounds}
    often, restated = _as_often(pair), _restated(pair)
    loose = [
        one
        for one in said
        if (one.value, one.kind) not in known
        and one not in restated
        and not any(low <= one.at[0] and one.at[1] <= high for low, high in often)
    ]
    supported = 1 - len(loose) / len(said) if said else 1.0
    if not loose:
        return Finding({"numbers_supported": supported})
    shown = ", ".join(dict.fromkeys(one.said for one in loose[:_SHOWN]))
    flags = (Flag("NUMBER_UNSUPPORTED", Severity.REVIEW, shown),)
    return Finding({"numbers_supported": supported}, flags)


def _as_often(pair: Pair) -> set[tuple[int, int]]:
    """Where the candidate says how often something is done, and it is as often as primary or prompt say."""
    known = {one.times for one in frequencies(pair.primary) + frequencies(pair.prompt)}
    said = frequencies(pair.candidate)
    as_often = {one.at for one in said} - {one.at for one in said if one.times not in known}
    return as_often | {match.span() for match in _IN_A_DAY.finditer(pair.candidate)}


def _restated(pair: Pair) -> set[Quantity]:
    """The candidate's doses that are given, in other words."""
    given = Given.of(pair)
    return {one.quantity for one in doses_in(pair.candidate) if given.restated(one)}


def _trivial(one: Quantity) -> bool:
    """Counts of things and list numbers: every fluent answer has its own."""
    return one.kind in _COUNTED and one.value <= 10 and one.value == int(one.value)
