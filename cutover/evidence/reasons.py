"""Reasons in plain words: which gate, the numbers with their units, and how much more is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cutover.evidence.enough import more_until, observations_until
from cutover.evidence.eprocess import MeanAbove
from cutover.evidence.gate_tally import GateTally
from cutover.evidence.gates import Basis, Demand, Gate, Rules, Score, clip_of
from cutover.evidence.tally import Tally
from policies.gates import QualityGate

MANY = 100_000
OTHER = "another answered in the name of the candidate at"
"""How the controller's hold of a rollout begins whose answers came from somebody else."""


def measured(rules: Rules, demand: Demand, badness: float) -> float:
    """A mean badness in the gate's own unit: a difference or an agreement for equivalence and quality, else a share."""
    gates = rules.terms.gates
    if demand.gate is Gate.QUALITY and gates.quality and demand.is_difference(rules.basis):
        return clip_of(gates.quality, demand.code) * (1 - 2 * badness)
    if demand.gate is not Gate.EQUIVALENCE:
        return badness
    if rules.basis is not Basis.NOISE:
        return 1 - badness
    return gates.equivalence.clip * (1 - 2 * badness)


def finding(
    rules: Rules, tally: GateTally, codes: Mapping[str, int], span: str = "over"
) -> str:
    """What a gate's sessions showed against what is allowed, as the first half of a sentence."""
    demand = tally.demand
    if tally.mean is None:
        return f"{demand.title}: no session has shown anything yet"
    told = _told(rules, demand, measured(rules, demand, tally.mean))
    which = " it served here" if tally.served_only else ""
    worst = _worst(codes) if demand.name == Gate.FLAGS else ""
    return f"{demand.title}: {told}{worst}, {span} {tally.n:,} session{'s' * (tally.n != 1)}{which}"


def harm(rules: Rules, tally: GateTally, codes: Mapping[str, int]) -> str:
    """What a gate showed against the candidate; where that began late, the last sessions say it."""
    whole, lately = tally.mean, tally.lately.mean
    if whole is None or lately is None or lately <= whole:
        return finding(rules, tally, codes)
    return finding(rules, tally.lately, codes, "over the last")


def lost(seen: Tally) -> str:
    """How many scores are missing for want of a copy, as a part of a sentence; empty for none."""
    return f", {seen.lost:,} of them because their copy was shed or lost" if seen.lost else ""


def missing(rules: Rules, seen: Tally) -> Iterator[tuple[str, str]]:
    """What too many exchanges have not shown: in short, and as a sentence.

    Embeddings of one or two inputs show no neighbours, and are most of what there is.
    """
    gates = rules.terms.gates
    if seen.missing > gates.missing_at_most and rules.basis is not Basis.NEIGHBOURS:
        yield (
            "scores that are missing",
            f"{percent(seen.missing)} of answered exchanges have no equivalence score{lost(seen)} "
            f"(at most {percent(gates.missing_at_most)} is allowed): what is missing cannot speak "
            "for the candidate",
        )
    elif seen.astray > gates.missing_at_most:
        yield (
            "copies that are missing",
            f"{percent(seen.astray)} of the copies ({seen.lost:,}) were shed or lost (at most "
            f"{percent(gates.missing_at_most)} is allowed): what is missing cannot speak for the candidate",
        )
    if seen.lacking > gates.gaps_at_most:
        yield (
            "a candidate that lacks less",
            f"{percent(seen.lacking)} of exchanges ask for what the candidate lacks "
            f"(`gates.gaps_at_most` is {percent(gates.gaps_at_most)}): they would stay with the primary",
        )


def nothing_yet(rules: Rules, demand: Demand, sessions: int) -> str:
    """What an optional gate says that saw nothing among so many sessions."""
    if demand.gate is Gate.SEVERE and rules.basis is not Basis.NOISE:
        return f"{demand.title}: nothing to see here: the primary is not asked again"
    among = f"among {sessions:,} session{'s' * (sessions != 1)}"
    absent = _ABSENT[demand.gate]
    if demand.code == Score.SCHEMA:
        absent = _ABSENT[Gate.SCHEMA_VALIDITY]
    return f"{demand.title}: nothing to see here yet: {absent} {among}"


def of_all(n: int, sessions: int) -> str:
    """On what part of the sessions a gate rests that sees few of them, after a comma."""
    return f", scored on {percent(n / sessions)} of sessions" if sessions else ""


_ABSENT: Mapping[Gate, str] = {
    Gate.FLAGS: "no answer",
    Gate.SEVERE: "none that the primary was asked again",
    Gate.FIRST_TOKEN: "no timed stream",
    Gate.SCHEMA_VALIDITY: "no request for an answer of a certain form",
    Gate.RELATIVE_LATENCY: "no answer that was timed on both sides",
    Gate.UNPAIRED_FLAGS: "no answer that stood alone",
    Gate.QUALITY: "no answer that the judge graded",
}


def _told(rules: Rules, demand: Demand, mean: float) -> str:
    if demand.gate is Gate.EQUIVALENCE:
        return _agreement(rules, demand, mean)
    quality = rules.terms.gates.quality
    if demand.gate is Gate.QUALITY and quality:
        return _quality(quality, demand, mean)
    return f"{_share(rules, demand, mean)} (less than {percent(demand.bar)} is asked)"


def _agreement(rules: Rules, demand: Demand, mean: float) -> str:
    gate = rules.terms.gates.equivalence
    match rules.basis:
        case Basis.NOISE:
            return (
                f"agreement with the primary is {_beside(mean)} the primary's with itself "
                f"(at most {gate.margin:g} below is asked)"
            )
        case Basis.NEIGHBOURS:
            return (
                f"similarities within a request agree by {mean:.2f} "
                f"(more than {round(1 - demand.bar, 4):g} is asked; 0.4 to 0.7 is usual of another model)"
            )
        case Basis.BAR:
            return (
                f"agreement with the primary is {mean:.2f} "
                f"(more than {round(1 - demand.bar, 4):g} is asked; agreement, not quality)"
            )


def _share(rules: Rules, demand: Demand, mean: float) -> str:
    """Of what a gate counts the share, as a clause."""
    part = percent(mean)
    gates = rules.terms.gates
    first_ms = gates.latency.first_token_ms
    match demand.gate:
        case Gate.ERRORS:
            return f"the candidate alone failed in {part} of exchanges"
        case Gate.LATENCY:
            per_minute = gates.latency.audio_ms_per_minute
            sound = f" ({per_minute:g} ms a minute of a recording)" if per_minute else ""
            return (
                f"{part} of the candidate's answers failed or took over "
                f"{gates.latency.target_ms:,} ms{sound}, or {first_ms:,} ms to a stream's first token"
            )
        case Gate.FLAGS:
            flagged = f"the flag {demand.code}" if demand.code else "a fail flag"
            return f"{part} of answers have {flagged} or never came"
        case Gate.SEVERE:
            return (
                f"{part} of answers agree with the primary less than it does with itself by "
                f"{gates.severe.drop:g} or more, or never came"
            )
        case Gate.FIRST_TOKEN:
            first_ms = gates.first_token.target_ms or first_ms
            return f"{part} of streams failed or took over {first_ms:,} ms to their first token"
        case Gate.SCHEMA_VALIDITY:
            return f"{part} of answers lack the form that was asked for and the primary's has"
        case Gate.UNPAIRED_FLAGS:
            return f"{part} of answers that stood alone have a fail flag or never came"
        case _:
            slower = gates.relative_latency.slower_by if gates.relative_latency else 0.0
            return f"{part} of answers failed or took over {percent(slower)} longer than the primary's"


def _quality(gate: QualityGate, demand: Demand, mean: float) -> str:
    if demand.code == Score.SEVERE:
        return (
            f"{percent(mean)} of judged answers are graded lower than the primary's by {gate.drop:g} "
            f"or more, or never came (less than {percent(demand.bar)} is asked)"
        )
    what = "the candidate's grade by the judge"
    if demand.code == Score.SCHEMA:
        what = "the share of the candidate's answers in the form that was asked for"
    return f"{what} is {_beside(mean)} the primary's (at most {gate.margin:g} below is asked)"


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
    more = number_needed(shown, best, log_needed)
    if shown.n == 0:
        return f"at least {more:,} sessions"
    return f"about {more:,} more sessions" if more < MANY else "better answers than so far"


def number_needed(shown: MeanAbove, best: float, log_needed: float) -> int:
    """The same as a number of the gate's own sessions; MANY where more of the same show nothing."""
    if shown.n == 0:
        return observations_until(shown.m, best, log_needed)
    return more_until(shown, log_needed, MANY)


def duration(seconds: float) -> str:
    """A span of time for people."""
    if seconds >= 5400:
        return f"{seconds / 3600:.1f} hours"
    if seconds >= 90:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds:.0f} seconds"
