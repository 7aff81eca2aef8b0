"""Is it about this visit at all? How many of the candidate's words are in neither primary nor prompt.

For routes whose answers tell what was said and add nothing of their own. Notes of good models and of
people have up to four of ten words of their own; one that has more than half tells of somebody else, or of nothing.
"""

from __future__ import annotations

from collections import Counter

from compare.comparators.content import content
from compare.comparators.language import detect
from compare.comparators.medicines import NOTES
from compare.comparison import Finding, Flag, Pair, Severity

_WORTH_WORDS = 30  # of content
_LOOSE = 0.5
_SHOWN = 8


def grounding(pair: Pair) -> Finding:
    """Signal `words_supported`; flag `UNGROUNDED` (fail on routes that tell what was said).

    Asked only where the prompt is in the candidate's language and longer: then what was said stands there.
    """
    ours, asked = content(pair.candidate), content(pair.prompt)
    if len(ours) < _WORTH_WORDS or len(asked) < len(ours):
        return Finding()
    known = {*asked, *content(pair.primary)}
    loose = [word for word in ours if word not in known]
    share = len(loose) / len(ours)
    signals = {"words_supported": 1 - share}
    told = detect(pair.candidate) == detect(pair.prompt) and pair.route in NOTES
    if share <= _LOOSE or not told:
        return Finding(signals)
    shown = ", ".join(word for word, _ in Counter(loose).most_common(_SHOWN))
    words = f"{share:.0%} of its words are in neither prompt nor primary: {shown}"
    return Finding(signals, (Flag("UNGROUNDED", Severity.FAIL, words),))
