"""Does the candidate put the same documents in the same order? Scores of two models have no common scale."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np

from compare.canonical import Ranking
from compare.comparison import Finding, Flag, Severity
from compare.dialects.rerank import documents
from compare.orders import ndcg, ndcg_by_chance, overlap, rbo, rbo_by_chance, tau_b
from compare.sides import Sides

LONGEST = 1_000
"""Documents compared, of the best: the time of Kendall's tau grows with their square."""


def ranking(sides: Sides) -> Finding:
    """`SHAPE`, `MISSING_SCORE`, `NOT_FINITE`, `SCORES_EQUAL`, `UNSORTED`; order is no matter of flags.

    What the primary's answer shows as well is `info`: it is no worse for the candidate.
    """
    ours, theirs = sides.primary.ranking, sides.candidate.ranking
    if theirs is None:
        return Finding()
    usual = {flag.code for flag in _faults(sides, ours)} if ours is not None else set()
    flags = [
        Flag(one.code, Severity.INFO, one.evidence) if one.code in usual else one
        for one in _faults(sides, theirs)
    ]
    if ours is not None and _expected(sides) is None and len(ours.places) != len(theirs.places):
        words = f"{len(theirs.places):,} results where the primary gave {len(ours.places):,}"
        flags.append(Flag("SHAPE", Severity.FAIL, words))
    return Finding(flags=tuple(flags))


def agreement(sides: Sides) -> Finding:
    """Signals `ndcg_10`, `rbo`, their mean `order`, `tau_b`, `top_1`, `overlap_3`, and `equivalence`.

    `equivalence` is `order` beyond what a random order would have: 0 for that or worse, 1 for the
    same order. Missing: `unreadable_ranking`, `too_few_documents`, and `scores_equal` where one side
    scores all alike: its order is by accident.
    """
    ours, theirs = (_order(side.ranking) for side in (sides.primary, sides.candidate))
    if not ours or not theirs:
        return Finding(missing="unreadable_ranking")
    given = max(documents(sides.asked.body) or 0, len(set(ours) | set(theirs)))
    if given < 2:
        return Finding(missing="too_few_documents")
    if _flat(sides.primary.ranking) or _flat(sides.candidate.ranking):
        return Finding(missing="scores_equal")
    lacking = [
        f"none {at}" for at in range(len(ours) - len(theirs))
    ]  # a short list is no better
    signals = {
        "ndcg_10": ndcg(ours, theirs),
        "rbo": rbo(ours, [*theirs, *lacking]),
        "top_1": float(ours[0] == theirs[0]),
        "overlap_3": overlap(ours, theirs, 3),
    }
    signals["order"] = (signals["ndcg_10"] + signals["rbo"]) / 2
    tau = _tau(ours, theirs)
    if not math.isnan(tau):
        signals["tau_b"] = tau
    depth = len(ours)
    chance = (ndcg_by_chance(given, min(10, depth)) + rbo_by_chance(given, depth)) / 2
    signals["equivalence"] = max(0.0, (signals["order"] - chance) / (1 - chance))
    return Finding(signals)


def _order(found: Ranking | None) -> list[int]:
    """The documents, each where it is listed first; none where they are ranked by what is no number."""
    places = found.places[:LONGEST] if found is not None else ()
    if not all(math.isfinite(place.score) for place in places if place.score is not None):
        return []
    return list(dict.fromkeys(place.document for place in places))


def _flat(found: Ranking | None) -> bool:
    """Whether every document is scored, and all alike."""
    scores = [place.score for place in found.places] if found is not None else []
    return len(scores) > 1 and None not in scores and len(set(scores)) == 1


def _tau(ours: list[int], theirs: list[int]) -> float:
    """Of the documents that both list."""
    where = {document: at for at, document in enumerate(theirs)}
    places = [where[document] for document in ours if document in where]
    return tau_b(np.arange(len(places), dtype=np.float64), np.asarray(places, np.float64))


def _expected(sides: Sides) -> int | None:
    """How many results the request asks for."""
    given, top = documents(sides.asked.body), sides.asked.body.get("top_n")
    if given is not None and type(top) is int and top > 0:
        return min(given, top)
    return given


def _faults(sides: Sides, found: Ranking) -> list[Flag]:
    """What is wrong with one side's ranking, whatever the other's is."""
    said = [("SHAPE", fault) for fault in found.faults] + _listing(sides, found)
    scores = [place.score for place in found.places]
    known = [score for score in scores if score is not None]
    finite = [score for score in known if math.isfinite(score)]
    if len(known) < len(scores):
        words = f"{len(scores) - len(known):,} of {len(scores):,} results have no score"
        said.append(("MISSING_SCORE", words))
    if len(finite) < len(known):
        words = f"{len(known) - len(finite):,} of {len(scores):,} scores are NaN or infinite"
        said.append(("NOT_FINITE", words))
    if len(finite) > 2 and len(set(finite)) == 1:
        said.append(("SCORES_EQUAL", f"all {len(finite):,} scores are {finite[0]:g}"))
    if any(later > before for before, later in itertools.pairwise(finite)):
        said.append(("UNSORTED", "results are not listed by falling score"))
    return [Flag(code, Severity.FAIL, words) for code, words in said]


def _listing(sides: Sides, found: Ranking) -> list[tuple[str, str]]:
    said = []
    wanted, given = _expected(sides), documents(sides.asked.body)
    listed = [place.document for place in found.places]
    if wanted is not None and len(listed) + len(found.faults) != wanted:
        said.append(("SHAPE", f"{len(listed):,} results where {wanted:,} were asked for"))
    outside = [one for one in listed if one < 0 or (given is not None and one >= given)]
    if outside:
        of = f" of {given:,}" if given is not None else ""
        said.append(("SHAPE", f"result for document {outside[0]}, which is none{of}"))
    twice = [one for one, times in Counter(listed).items() if times > 1]
    if twice:
        said.append(("SHAPE", f"document {twice[0]} is listed twice"))
    return said
