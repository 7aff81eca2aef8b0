"""Does each sentence of one answer have its like in the other? Alignment in both directions.

With A and B the unit vectors of both answers' sentences and M = A Bᵀ, recall is the mean over the
primary's sentences of their best likeness, precision that over the candidate's: the greedy
matching of BERTScore (Zhang et al., ICLR 2020) on sentences. The lowest tenth shows what one side
alone says. The cosine of the mean vectors is shown beside them and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compare.comparison import Finding

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """Sentence vectors of both answers: float32 arrays (sentences, dimensions) of unit norm."""

    primary: Vectors
    candidate: Vectors


def alignment(pair: Aligned) -> Finding:
    """Signals `precision`, `recall`, `f1`, `p10` and `cosine`; none where one side has no sentence."""
    if not len(pair.primary) or not len(pair.candidate):
        return Finding()
    likeness = pair.primary @ pair.candidate.T
    of_primary, of_candidate = likeness.max(axis=1), likeness.max(axis=0)
    recall, precision = float(of_primary.mean()), float(of_candidate.mean())
    total = precision + recall
    return Finding(
        signals={
            "precision": precision,
            "recall": recall,
            "f1": 2 * precision * recall / total if total > 0 else 0.0,
            "p10": float(np.quantile(np.concatenate([of_primary, of_candidate]), 0.1)),
            "cosine": _cosine(pair.primary.mean(axis=0), pair.candidate.mean(axis=0)),
        }
    )


def _cosine(one: Vectors, other: Vectors) -> float:
    norms = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / norms if norms else 0.0
