"""Does the candidate name a medicine that neither primary nor prompt does? In a note it was made up.

In a chat another medicine may be good advice, and is for review.
"""

from __future__ import annotations

from compare.comparators.drugs import drugs
from compare.comparison import Finding, Flag, Pair, Severity

_NOTES = frozenset({"reason", "audio"})
"""Routes whose answers tell what was said, and add nothing of their own."""
_SHOWN = 4


def medicines(pair: Pair) -> Finding:
    """Signal `medicines_supported`, the share of those named that are grounded, and `DRUG_UNSUPPORTED`."""
    said = {one.name: pair.candidate[slice(*one.at)] for one in drugs(pair.candidate)}
    if not said:
        return Finding({"medicines_supported": 1.0})
    known = {one.name for one in drugs(pair.primary) + drugs(pair.prompt)}
    loose = [word for name, word in said.items() if name not in known]
    severity = Severity.FAIL if pair.route in _NOTES else Severity.REVIEW
    words = ", ".join(loose[:_SHOWN])
    flags = (Flag("DRUG_UNSUPPORTED", severity, words),) if loose else ()
    return Finding({"medicines_supported": 1 - len(loose) / len(said)}, flags)
