"""Is one answer much shorter than the other? Something was cut, left out or made up."""

from __future__ import annotations

from compare.comparators.lexical import normalised
from compare.comparison import Finding, Flag, Pair, Severity

_SHORTEST = 1 / 3
_WORTH_WORDS = 40  # below this a ratio says little: a yes and a yes with its reason


def length(pair: Pair) -> Finding:
    """Signal `length_ratio`, shorter by longer in words (characters in Chinese), and `LENGTH_RATIO`."""
    primary, candidate = (
        len(normalised(text).split()) for text in (pair.primary, pair.candidate)
    )
    longest = max(primary, candidate)
    ratio = min(primary, candidate) / longest if longest else 1.0
    if ratio >= _SHORTEST or longest < _WORTH_WORDS:
        return Finding(signals={"length_ratio": ratio})
    words = f"{candidate} words against the primary's {primary}"
    return Finding({"length_ratio": ratio}, (Flag("LENGTH_RATIO", Severity.REVIEW, words),))
