"""How much of the primary's answer is in the candidate's? Its letters are followed in order.

Likeness cannot tell: an answer that leaves half out may say the other half alike. On 200 summaries
whose facts people counted it follows them better than any likeness does (Spearman 0.7 against 0.5 for
edit similarity and 0.04 for the cosine; MTS-Dialog, Ben Abacha et al., EACL 2023). It does not tell
what an answer is about: a long one about something else has much of any other's letters.
"""

from __future__ import annotations

from rapidfuzz.distance import LCSseq

from compare.comparators.lexical import normalised
from compare.comparison import Finding, Pair


def coverage(pair: Pair) -> Finding:
    """Signal `kept`: the longest common subsequence of letters and digits by those of the primary, 0..1."""
    primary, candidate = (
        normalised(text).replace(" ", "") for text in (pair.primary, pair.candidate)
    )
    kept = LCSseq.similarity(primary, candidate) / len(primary) if primary else 1.0
    return Finding(signals={"kept": kept})
