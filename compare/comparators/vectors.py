"""Are these vectors what was asked for, and do both models find the same inputs alike?

The numbers of two models are not comparable, and no flag says that they differ.
"""

from __future__ import annotations

import numpy as np

from compare.canonical import Embeddings, Matrix
from compare.comparison import Finding, Flag, Severity
from compare.dialects.embeddings import inputs
from compare.neighbours import all_alike, similarity_agreement
from compare.sides import Sides

FEWEST = 3
"""Inputs between which there is more than one similarity to put in order."""

SAMPLE = 256
"""Of more inputs as many are compared, evenly taken: their number of pairs stays bounded."""

_UNIT = 0.01  # a length this near to 1 is 1: some servers round to 16 bits
_FEWER_TOKENS, _MANY_TOKENS = 0.3, 512  # no tokenizer needs so much fewer for the same texts


def vectors(sides: Sides) -> Finding:
    """`SHAPE`, `CAPABILITY_GAP`, `NOT_FINITE`, `ZERO_VECTOR`, `NOT_NORMALISED`, `BROKEN`, `PROMPT_TRUNCATED`.

    What the primary's answer shows as well is `info`: it is no worse for the candidate.
    """
    ours, theirs = sides.primary.vectors, sides.candidate.vectors
    if theirs is None:
        return Finding()
    found = _faults(sides, theirs)
    usual = {flag.code for flag in _faults(sides, ours)} if ours is not None else set()
    flags = [
        Flag(one.code, Severity.INFO, one.evidence) if one.code in usual else one
        for one in found
    ]
    if ours is not None:
        flags += _beside(sides, ours, theirs)
    signals = {"dimensions": float(theirs.matrix.shape[1])} if theirs.matrix.size else {}
    return Finding(signals, tuple(flags))


def agreement(sides: Sides) -> Finding:
    """Signal `rsa`, and `equivalence` from it: 0 for similarities that have nothing in common.

    Missing: `unreadable_vectors`, `too_few_inputs`, `inputs_alike` (both find all of them alike).
    """
    ours, theirs = (_whole(side.vectors) for side in (sides.primary, sides.candidate))
    if ours is None or theirs is None or len(ours) != len(theirs):
        return Finding(missing="unreadable_vectors")
    if len(ours) < FEWEST:
        return Finding(missing="too_few_inputs")
    taken = _sample(len(ours))
    rsa = similarity_agreement(ours[taken], theirs[taken])
    if not np.isnan(rsa):
        return Finding({"rsa": rsa, "equivalence": min(1.0, max(0.0, rsa))})
    if all_alike(theirs) and not all_alike(ours):
        return Finding({"equivalence": 0.0})
    return Finding(missing="inputs_alike")


def _whole(found: Embeddings | None) -> Matrix | None:
    if found is None or not found.matrix.size or not np.isfinite(found.matrix).all():
        return None
    return found.matrix


def _sample(count: int) -> slice | list[int]:
    if count <= SAMPLE:
        return slice(None)
    return [at * count // SAMPLE for at in range(SAMPLE)]


def _faults(sides: Sides, found: Embeddings) -> list[Flag]:
    """What is wrong with one side's vectors, whatever the other's are."""
    flags = [_fail("SHAPE", fault) for fault in found.faults]
    wanted = inputs(sides.asked.body)
    if wanted is not None and found.count != wanted:
        flags.append(_fail("SHAPE", f"{found.count:,} vectors for {wanted:,} inputs"))
    encoding = sides.asked.body.get("encoding_format")
    if encoding in ("base64", "float") and found.count:
        came = "base64" if found.base64 else "float"
        if came != encoding:
            flags.append(_fail("SHAPE", f"{came} vectors where {encoding} was asked for"))
    return flags + _numbers(sides, found.matrix)


def _numbers(sides: Sides, matrix: Matrix) -> list[Flag]:
    if not matrix.size:
        return []
    flags = []
    wanted = sides.asked.body.get("dimensions")
    if type(wanted) is int and matrix.shape[1] != wanted:
        words = f"{matrix.shape[1]:,} dimensions where {wanted:,} were asked for"
        flags.append(_fail("CAPABILITY_GAP", words))
    finite = np.isfinite(matrix).all(axis=1)
    if not finite.all():
        flags.append(_fail("NOT_FINITE", _which(~finite, "with NaN, null or infinite numbers")))
    zero = ~matrix.any(axis=1)
    if zero.any():
        flags.append(_fail("ZERO_VECTOR", _which(zero, "of nothing but zeros")))
    return flags


def _beside(sides: Sides, ours: Embeddings, theirs: Embeddings) -> list[Flag]:
    """What the primary's vectors show to be wrong with the candidate's."""
    flags = []
    if inputs(sides.asked.body) is None and ours.count != theirs.count:
        words = f"{theirs.count:,} vectors where the primary gave {ours.count:,}"
        flags.append(_fail("SHAPE", words))
    read, cut = ours.tokens or 0, theirs.tokens
    if cut is not None and read >= _MANY_TOKENS and cut < _FEWER_TOKENS * read:
        words = f"read {cut:,} tokens where the primary read {read:,}"
        flags.append(_fail("PROMPT_TRUNCATED", words))
    known, found = _whole(ours), _whole(theirs)
    if known is None or found is None:
        return flags
    odd = ~_unit(found)
    if _unit(known).all() and odd.any() and found.any(axis=1).all():
        flags.append(_fail("NOT_NORMALISED", _which(odd, "not of length 1, as the primary's")))
    if len(found) > 1 and all_alike(found) and not all_alike(known):
        flags.append(_fail("BROKEN", f"all {len(found):,} vectors are alike"))
    return flags


def _unit(matrix: Matrix) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    lengths = np.linalg.norm(matrix.astype(np.float64), axis=1)
    near: np.ndarray[tuple[int], np.dtype[np.bool_]] = np.abs(lengths - 1) <= _UNIT
    return near


def _which(bad: np.ndarray[tuple[int], np.dtype[np.bool_]], called: str) -> str:
    first = int(np.flatnonzero(bad)[0])
    return f"{int(bad.sum()):,} of {len(bad):,} vectors {called}, the first for input {first}"


def _fail(code: str, words: str) -> Flag:
    return Flag(code, Severity.FAIL, words)
