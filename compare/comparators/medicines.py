"""Does the candidate name a medicine that neither primary nor prompt does? In a note it was made up.

In a chat another medicine may be good advice, and is for review.
"""

from __future__ import annotations

from collections.abc import Iterable

from compare.comparators.drugs import Drug, drugs
from compare.comparison import Finding, Flag, Pair, Severity

NOTES = frozenset({"reason", "audio"})
"""Routes whose answers tell what was said, and add nothing of their own."""
_SHOWN = 4


def medicines(pair: Pair) -> Finding:
    """Signal `medicines_supported`, the share of those named that are grounded, and `DRUG_UNSUPPORTED`."""
    said = {one.name: pair.candidate[slice(*one.at)] for one in drugs(pair.candidate)}
    if not said:
        return Finding({"medicines_supported": 1.0})
    known = _known(drugs(pair.primary) + drugs(pair.prompt))
    loose = [word for name, word in said.items() if not known.issuperset(name.split("+"))]
    severity = Severity.FAIL if pair.route in NOTES else Severity.REVIEW
    words = ", ".join(loose[:_SHOWN])
    flags = (Flag("DRUG_UNSUPPORTED", severity, words),) if loose else ()
    return Finding({"medicines_supported": 1 - len(loose) / len(said)}, flags)


def _known(named: Iterable[Drug]) -> set[str]:
    """What is named, with the kind that a medicine is of: who says insulin glargine says insulin."""
    known = {part for one in named for part in one.ingredients}
    return known | {name.split(" ")[0] for name in known}
