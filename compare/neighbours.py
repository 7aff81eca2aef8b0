"""Whether two models see the same texts as alike. Vectors of different models share no coordinates,
so that only what each says of its own vectors can be compared: which are near to which.

Every measure stays the same where either side's vectors are turned, scaled as one, or given more
dimensions. Matrices are texts x dimensions, of finite numbers.
"""

from __future__ import annotations

import math

import numpy as np

from compare.canonical import Matrix
from compare.orders import Numbers, spearman

EQUAL = 1e-5
"""Cosines that differ by less are of equal vectors: 32-bit floats tell no more."""


def cosines(one: Matrix, other: Matrix) -> Numbers:
    """The cosine of every row of one with every row of another; 0 for a row of zeros."""
    return _directions(one) @ _directions(other).T


def similarity_agreement(one: Matrix, other: Matrix) -> float:
    """Spearman's correlation of both sides' similarities of the same texts (RSA), -1 to 1.

    NaN where a side finds all texts equally alike, or there are fewer than three.
    """
    above = np.triu_indices(len(one), k=1)
    ours, theirs = (_rounded(cosines(side, side)[above]) for side in (one, other))
    return spearman(ours, theirs) if len(ours) > 1 else math.nan


def all_alike(matrix: Matrix) -> bool:
    """Whether all rows point the same way."""
    return bool(len(matrix)) and float(cosines(matrix, matrix[:1]).min()) > 1 - EQUAL


def cka(one: Matrix, other: Matrix) -> float:
    """Linear centred kernel alignment of the same texts (Kornblith et al. 2019), 0 to 1.

    NaN where all vectors of a side are equal. Its time grows with the square of the texts.
    """
    ours, theirs = (_gram(side) for side in (one, other))
    scale = math.sqrt(float((ours * ours).sum()) * float((theirs * theirs).sum()))
    return float((ours * theirs).sum()) / scale if scale else math.nan


def _gram(matrix: Matrix) -> Numbers:
    centred = matrix.astype(np.float64) - matrix.mean(axis=0, dtype=np.float64)
    products: Numbers = centred @ centred.T
    return products


def _directions(matrix: Matrix) -> Numbers:
    wide = matrix.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    directions: Numbers = np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)
    return directions


def _rounded(similarities: Numbers) -> Numbers:
    """Without the last digits, in which equal vectors differ by the order of the additions."""
    return np.round(similarities / EQUAL) * EQUAL
