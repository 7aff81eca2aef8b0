"""Reasons in plain words: which gate, the numbers with their units, and how much more is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compare.probe_corpus import BROKEN_BELOW
from cutover.evidence import MeanAbove, more_until, observations_until
from cutover.gates import Basis, Gate
from cutover.observation import Rules
from cutover.tally import GateTally, Tally

MANY = 100_000
OTHER = "another answered in the name of the candidate at"
"""How the controller's hold of a rollout begins whose answers came from somebody else."""


def measured(rules: Rules, gate: Gate, badness: float) -> float:
    """A mean badness in the gate's own unit: a difference or an agreement for equivalence, else a share."""
    if gate is not Gate.EQUIVALENCE:
        return badness
    if rules.basis is not Basis.NOISE:
        return 1 - badness
    return rules.terms.gates.equivalence.clip * (1 - 2 * badness)


def finding(
    rules: Rules, tally: GateTally, codes: Mapping[str, int], span: str = "over"
) -> str:
    """What a gate's sessions showed against what is allowed, as the first half of a sentence."""
    gate = tally.demand.gate
    if tally.mean is None:
        return f"{gate}: no session has shown anything yet"
    told = _told(rules, gate, measured(rules, gate, tally.mean))
    which = " it served here" if tally.served_only else ""
    worst = _worst(codes) if gate is Gate.FLAGS else ""
    return f"{gate}: {told}{worst}, {span} {tally.n:,} session{'s' * (tally.n != 1)}{which}"


def harm(rules: Rules, tally: GateTally, codes: Mapping[str, int]) -> str:
    """What a gate showed against the candidate; where that began late, the last sessions say it."""
    whole, lately = tally.mean, tally.lately.mean
    if whole is None or lately is None or lately <= whole:
        return finding(rules, tally, codes)
    return finding(rules, tally.lately, codes, "over the last")


def missing(rules: Rules, seen: Tally) -> Iterator[tuple[str, str]]:
    """What too many exchanges have not shown: in short, and as a sentence.

    Embeddings of one or two inputs show no neighbours, and are most of what there is.
    """
    gates = rules.terms.gates
    if seen.missing > gates.missing_at_most and rules.basis is not Basis.NEIGHBOURS:
        yield (
            "scores that are missing",
            f"{percent(seen.missing)} of answered exchanges have no equivalence score "
            f"(at most {percent(gates.missing_at_most)} is allowed): what is missing cannot speak "
            "for the candidate",
        )
    if seen.lacking > gates.gaps_at_most:
        yield (
            "a candidate that lacks less",
            f"{percent(seen.lacking)} of exchanges ask for what the candidate lacks "
            f"(`gates.gaps_at_most` is {percent(gates.gaps_at_most)}): they would stay with the primary",
        )


def _told(rules: Rules, gate: Gate, mean: float) -> str:
    gates = rules.terms.gates
    match gate:
        case Gate.EQUIVALENCE if rules.basis is Basis.NOISE:
            return (
                f"agreement with the primary is {_beside(mean)} the primary's with itself "
                f"(at most {gates.equivalence.margin:g} below is asked)"
            )
        case Gate.EQUIVALENCE if rules.basis is Basis.NEIGHBOURS:
            return (
                f"similarities within a request agree by {mean:.2f} "
                f"(more than {BROKEN_BELOW:g} is asked; 0.4 to 0.7 is usual of another model)"
            )
        case Gate.EQUIVALENCE:
            return (
                f"agreement with the primary is {mean:.2f} "
                f"(more than {gates.equivalence.bar:g} is asked; agreement, not quality)"
            )
        case Gate.ERRORS:
            return (
                f"the candidate alone failed in {percent(mean)} of exchanges "
                f"(less than {percent(gates.errors.at_most)} is asked)"
            )
        case Gate.LATENCY:
            return (
                f"{percent(mean)} of the candidate's answers failed or took over "
                f"{gates.latency.target_ms:,} ms, or {gates.latency.first_token_ms:,} ms to a "
                f"stream's first token (less than {percent(gates.latency.at_most)} is asked)"
            )
        case Gate.FLAGS:
            return (
                f"{percent(mean)} of answers have a fail flag or never came "
                f"(less than {percent(gates.flags.at_most)} is asked)"
            )


def _beside(difference: float) -> str:
    if abs(difference) < 0.005:
        return "as high as"
    return f"{abs(difference):.2f} {'above' if difference > 0 else 'below'}"


def _worst(codes: Mapping[str, int]) -> str:
    ranked = sorted(codes.items(), key=lambda item: (-item[1], item[0]))[:3]
    return (
        ", mostly " + ", ".join(f"{code} ({count})" for code, count in ranked) if ranked else ""
    )


def percent(share: float) -> str:
    """A share as people read it, with two significant digits below ten percent."""
    return f"{share * 100:.3g} %"


def more_needed(shown: MeanAbove, best: float, log_needed: float) -> str:
    """How much more evidence a gate needs, in words. `best` is the best observation to hope for."""
    if shown.n == 0:
        return f"at least {observations_until(shown.m, best, log_needed):,} sessions"
    more = more_until(shown, log_needed, MANY)
    return f"about {more:,} more sessions" if more < MANY else "better answers than so far"


def duration(seconds: float) -> str:
    """A span of time for people."""
    if seconds >= 5400:
        return f"{seconds / 3600:.1f} hours"
    if seconds >= 90:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds:.0f} seconds"
