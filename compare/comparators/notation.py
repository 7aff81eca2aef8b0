"""Is a dose written so that nobody can misread it? The notations that hospitals do not use.

After the Joint Commission's "Do Not Use" list and the Institute for Safe Medication Practices: "5.0 mg"
is read as 50, ".5 mg" as 5, "10U" as 100, "10 IU" as 10 IV, "µg" as mg, and "QD" and "QOD" as each other.
For review, and only where the candidate brings it in: neither primary nor prompt writes so.
"""

from __future__ import annotations

import re

from compare.comparison import Finding, Flag, Pair, Severity

_UNIT = r"(?:mcg|mg|g|ml|units?|iu|microgram|milligram|gram)s?\b"
_TRAPS = {
    "trailing zero": re.compile(rf"(?<![\d.])\d+\.0+\s?{_UNIT}", re.IGNORECASE),
    "no leading zero": re.compile(rf"(?<![\d.])\.\d+\s?{_UNIT}", re.IGNORECASE),
    "U or IU for units": re.compile(r"(?<![\w.])\d+(?:\.\d+)?\s?(?:U|IU|u|iu)\b(?!/)"),
    "µg for mcg": re.compile(r"(?<![\w.])\d+(?:\.\d+)?\s?(?:µg|μg|ug)\b"),
    "QD or QOD": re.compile(r"\bQ\.?O?\.?D\b\.?", re.IGNORECASE),
    "morphine or magnesium sulphate": re.compile(r"\b(?:MSO4|MgSO4)\b"),
}


def notation(pair: Pair) -> Finding:
    """Flag `UNSAFE_NOTATION` (review) with the words and the trap, one for each kind of trap."""
    found = {
        name: trap.search(pair.candidate)
        for name, trap in _TRAPS.items()
        if not (trap.search(pair.primary) or trap.search(pair.prompt))
    }
    return Finding(
        flags=tuple(
            Flag("UNSAFE_NOTATION", Severity.REVIEW, f"{match[0]} ({name})")
            for name, match in found.items()
            if match
        )
    )
