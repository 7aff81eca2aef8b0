"""Which exchanges and sentences a model is asked about, and what its opinions count for. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from compare.comparators.alignment import Aligned
from compare.comparators.lexical import normalised
from compare.comparison import Flag, Severity
from compare.opinions.port import BEST_GRADE, Claim, Ruling, Unheard, Verdict

LEAST_ALIKE = 0.55
"""Cosine above which two sentences are about the same thing, as far as a contradiction needs it."""
MOST_CLAIMS = 12
_SHOWN = 200


def claims(primary: Sequence[str], candidate: Sequence[str], aligned: Aligned) -> list[Claim]:
    """Sentences of the two answers that are each other's like and not the same, the most alike first.

    The premise is the primary's. At most `MOST_CLAIMS`.
    """
    if not primary or not candidate:
        return []
    likeness = aligned.primary @ aligned.candidate.T
    of_primary = enumerate(np.argmax(likeness, axis=1))
    of_candidate = ((at, to) for to, at in enumerate(np.argmax(likeness, axis=0)))
    places = {(int(at), int(to)) for at, to in (*of_primary, *of_candidate)}
    near = sorted(places, key=lambda one: (-float(likeness[one]), one))
    found = [
        Claim(primary[at], candidate[to])
        for at, to in near
        if likeness[at, to] > LEAST_ALIKE
        and normalised(primary[at]) != normalised(candidate[to])
    ]
    return list(dict.fromkeys(found))[:MOST_CLAIMS]


def is_sampled(who: str, exchange_id: str, percent: float) -> bool:
    """Whether an exchange is of the share that `who` is asked about: the same each time it is scored."""
    drawn = hashlib.sha256(f"{who} {exchange_id}".encode()).digest()[:8]
    return int.from_bytes(drawn) / 2**64 < percent / 100


def is_flagged(flags: Sequence[Flag]) -> bool:
    """Whether there is something that a person should look at."""
    return any(flag.severity is not Severity.INFO for flag in flags)


def speaks_to_judges(flags: Sequence[Flag]) -> bool:
    """Whether the candidate speaks to whoever judges it: then no model is shown its answer."""
    return any(flag.code == "JUDGE_INJECTION" for flag in flags)


def contradiction(claim: Claim, flags: Sequence[Flag]) -> Flag:
    """Flag `NLI_CONTRADICTION`: `review`, and `fail` where a rule's flag names the same sentence."""
    named = any(
        flag.severity is not Severity.INFO and _names(flag.evidence, claim.hypothesis)
        for flag in flags
    )
    words = f"{claim.hypothesis[:_SHOWN]}; the primary says {claim.premise[:_SHOWN]}"
    return Flag("NLI_CONTRADICTION", Severity.FAIL if named else Severity.REVIEW, words)


def judged(there: Ruling | Unheard, back: Ruling | Unheard) -> tuple[Flag, ...]:
    """`JUDGE_DIFFERS` or `JUDGE_AGREES` where both orders of the answers had the same verdict."""
    for one in (there, back):
        if isinstance(one, Unheard):
            return (Flag("JUDGE_UNAVAILABLE", Severity.INFO, f"judge unavailable: {one.why}"),)
    assert isinstance(there, Ruling) and isinstance(back, Ruling)
    if there.verdict is not back.verdict:
        return ()
    if there.verdict is Verdict.DIFFER:
        words = there.difference or back.difference or "it does not say what"
        return (Flag("JUDGE_DIFFERS", Severity.REVIEW, words),)
    return (Flag("JUDGE_AGREES", Severity.INFO, "in both orders of the answers"),)


def graded(there: Ruling | Unheard, back: Ruling | Unheard) -> dict[str, float]:
    """`judge_primary` and `judge_candidate` in 0..1: the mean of both orders, so that a place gains nothing.

    Empty where an order has no grades. The first order has the primary's answer first.
    """
    if isinstance(there, Unheard) or isinstance(back, Unheard):
        return {}
    if there.grades is None or back.grades is None:
        return {}
    both = zip(there.grades, reversed(back.grades), strict=True)
    primary, candidate = ((one + other) / 2 / BEST_GRADE for one, other in both)
    return {"judge_primary": primary, "judge_candidate": candidate}


def _names(evidence: str, sentence: str) -> bool:
    """Whether a part of a flag's evidence, of two words at least, stands in a sentence or holds it."""
    whole = f" {normalised(sentence)} "
    parts = (f" {normalised(part)} " for part in evidence.replace("elsewhere", "").split(";"))
    return any(
        len(part.split()) > 1 and (part in whole or (whole in part and whole.strip()))
        for part in parts
    )
