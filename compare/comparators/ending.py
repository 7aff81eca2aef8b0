"""Does the answer come to its end? Whether it has what the primary ends with, and stops where a sentence does.

A text that was cut is like the whole in every average; what it lacks is the primary's last third.
Only the candidate's own last third may hold it, because an answer says in its middle much that comes
up again at the end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from compare.comparators.content import content, covered
from compare.comparison import Finding, Flag, Pair, Severity

_PART = 3
_WORTH_WORDS = 15  # of content; a short answer has no last third to speak of
_LOW = 0.2
_STOPS = re.compile(r"[.!?:;。！？：；…)\]}\"'”’*_`|~>-]\s*\Z")
_SHOWN = 60


def ending(pair: Pair) -> Finding:
    """Signal `ending_covered`; flag `CUT_OFF` where it stops within a sentence and the primary does not.

    `fail` where what the primary ends with is missing besides, `review` where only the full stop is.
    """
    theirs, ours = content(pair.primary), content(pair.candidate)
    share = covered(_last(theirs), _last(ours)) if len(theirs) >= _WORTH_WORDS else 1.0
    signals = {"ending_covered": share}
    if len(ours) < _WORTH_WORDS or _stopped(pair.candidate) or not _stopped(pair.primary):
        return Finding(signals)
    severity = Severity.FAIL if share < _LOW else Severity.REVIEW
    words = f"stops with: ...{pair.candidate.strip()[-_SHOWN:]}"
    return Finding(signals, (Flag("CUT_OFF", severity, words),))


def _last(words: Sequence[str]) -> Sequence[str]:
    return words[len(words) - len(words) // _PART :]


def _stopped(text: str) -> bool:
    return bool(_STOPS.search(text))
