"""The probe corpus: a tenant's own texts, embedded by both models, and what they find near to what.

A request of one or two inputs shows nothing of a model's neighbourhoods; some hundred texts do.
Pure mathematics: who embeds the texts, and where they come from, is not its business.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from compare.canonical import Matrix
from compare.neighbours import cka, cosines
from compare.orders import Numbers, jaccard, overlap, rbo, spearman

NEAREST = 10
FEWEST_DOCUMENTS = 50
"""With fewer a random order shares too many of the nearest ten for the score to tell much."""

BROKEN_BELOW = 0.2
HEALTHY_FROM = 0.4
"""A healthy different model has 0.4 to 0.7 (measured: see docs/comparing.md)."""

_QUERY_EVERY = 10
_DEPTH = 100  # of RBO; what stands further down weighs less than 0.00003


@dataclass(frozen=True, slots=True)
class Embedded:
    """One side's vectors of the corpus, each texts x dimensions, of finite numbers."""

    documents: Matrix
    queries: Matrix


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike both sides see the corpus, each 0 to 1 (`spearman` -1 to 1); means over the queries.

    `cka` is of the documents alone. NaN where a side finds all of them equally alike.
    """

    overlap_10: float
    jaccard_10: float
    top_1: float
    rbo: float
    spearman: float
    cka: float


def split(texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Distinct texts as documents and queries, every tenth a query: no query is its own nearest."""
    distinct = list(dict.fromkeys(texts))
    queries = distinct[_QUERY_EVERY - 1 :: _QUERY_EVERY]
    documents = [text for at, text in enumerate(distinct, 1) if at % _QUERY_EVERY]
    return documents, queries


def likeness(ours: Embedded, theirs: Embedded) -> Likeness:
    """Both sides' neighbourhoods of the same documents and queries."""
    near, far = (cosines(side.queries, side.documents) for side in (ours, theirs))
    lists = [(_nearest(one), _nearest(other)) for one, other in zip(near, far, strict=True)]

    def mean(measure: Callable[[list[int], list[int]], float]) -> float:
        return fmean(measure(one, other) for one, other in lists) if lists else math.nan

    return Likeness(
        overlap_10=mean(lambda one, other: overlap(one, other, NEAREST)),
        jaccard_10=mean(lambda one, other: jaccard(one, other, NEAREST)),
        top_1=mean(lambda one, other: float(one[0] == other[0])),
        rbo=mean(rbo),
        spearman=_correlation(near, far),
        cka=cka(ours.documents, theirs.documents),
    )


def score(overlap_10: float, documents: int, noise: float = 1.0) -> float:
    """Where an overlap of the nearest ten lies between chance (0) and the primary's own noise (1).

    `noise` is the overlap of the primary with itself, asked twice. Clipped to 0..1.
    """
    chance = min(1.0, NEAREST / documents) if documents else 1.0
    if noise <= chance:
        return 0.0  # a primary that does not agree with itself says nothing of others
    return min(1.0, max(0.0, (overlap_10 - chance) / (noise - chance)))


def says(score: float) -> str:
    """What a score means, in one word: `BROKEN`, `doubtful`, `healthy` or `close`."""
    if score < BROKEN_BELOW:
        return "BROKEN"
    if score < HEALTHY_FROM:
        return "doubtful"
    return "healthy" if score < 0.7 else "close"


def _nearest(similarities: Numbers) -> list[int]:
    """Documents by falling similarity; those equally near in their own order."""
    return [int(at) for at in np.argsort(-similarities, kind="stable")[:_DEPTH]]


def _correlation(near: Numbers, far: Numbers) -> float:
    found = [spearman(one, other) for one, other in zip(near, far, strict=True)]
    known = [one for one in found if not math.isnan(one)]
    return fmean(known) if known else math.nan
