"""How bad a session was at each gate: one number in [0, 1], the mean over its exchanges.

Whatever a gate looks at, a candidate that failed where the primary answered is as bad there as can
be: otherwise a bad answer that becomes a failure would look like an improvement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from compare.comparison import Attribution
from cutover.evidence.gates import (
    OF_COMPARATORS,
    OF_PAIRS,
    OF_SPEED,
    Basis,
    Demand,
    Gate,
    Rules,
    Score,
    badness_of_difference,
    clip_of,
)
from cutover.evidence.quality import better
from cutover.evidence.scored import ScoredExchange
from mirror.exchange import Side
from policies.gates import LatencyGate

MS_US = 1_000
_NOTHING = 1e-9  # a grade of 0.8 less one of 0.3 is half a scale

SIGNALS = (
    "schema_primary", "schema_candidate", "audio_s", "audio_at_most_s", "judge_primary", "judge_candidate",
)  # fmt: skip
"""The signals of a comparison that gates read."""

Rows = Sequence[ScoredExchange]

# As plain texts: they are asked of every exchange, and often.
_LEFT, _FAILED = Attribution.CLIENT_LEFT.value, Attribution.CANDIDATE_FAILED.value
_GAP, _LOST = Attribution.CAPABILITY_GAP.value, Attribution.NOT_COPIED.value


def of(rules: Rules, rows: Rows, fresh: Rows | None = None) -> dict[str, float]:
    """Every gate's number by its name, without those that learn nothing from these exchanges.

    Gates of pairs hear of the `fresh` alone, those whose recorded answer counts here; None for all of them.
    """
    found: dict[str, float] = {}
    ended = [row for row in rows if row.attribution != _LEFT]
    pairs = paired(rows if fresh is None else fresh)
    same = alike(pairs)
    for name, demand in rules.named:
        gate = demand.gate
        seen = pairs if gate in OF_PAIRS else rows if gate in OF_SPEED else ended
        bad = _OF_SESSION[gate](rules, demand, same if name in OF_COMPARATORS else seen)
        if bad is not None:
            found[name] = bad
    return found


def late(row: ScoredExchange) -> bool:
    """The candidate's copy met another load than the client's request; what it served counts always."""
    return row.late == Side.CANDIDATE


def unasked(row: ScoredExchange) -> bool:
    """The candidate was not asked: no evidence of anything but that."""
    return row.attribution in (_GAP, _LOST)


def lost(row: ScoredExchange) -> bool:
    """The candidate was to be asked and was not, because its copy was shed or lost."""
    return row.attribution == _LOST


def _untimed(row: ScoredExchange) -> bool:
    """Whether it says nothing of speed."""
    return row.resent or late(row)


def left(row: ScoredExchange) -> bool:
    """Its client left before the candidate's answer was whole: nothing is known but how long that had taken."""
    return row.attribution == _LEFT


def held(row: ScoredExchange) -> bool:
    """Whether the candidate's answer is held against a recorded one that has a name: of a pair alone."""
    told_of = row.attribution in (_GAP, _LOST, _LEFT)
    return bool(row.recorded_key) and not (row.unpaired or told_of)


def silent(rules: Rules, row: ScoredExchange) -> bool:
    """Its client left before anything was known, not even that the answer would be late."""
    if not left(row) or _slow(rules, row) is not None:
        return False
    return not row.streaming or _tardy(rules, row) is None


def failed(row: ScoredExchange) -> bool:
    """The candidate failed where the primary answered; what fails on both sides is nobody's harm."""
    return row.attribution == _FAILED


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _equivalence(rules: Rules, demand: Demand, rows: Rows) -> float | None:
    """The mean difference first, then clipped, then turned; without re-asks disagreement itself."""
    if rules.basis is Basis.NOISE:
        mean = _mean([d for row in rows if (d := difference(row)) is not None])
        clip = rules.terms.gates.equivalence.clip
        return None if mean is None else badness_of_difference(mean, clip)
    mean = _mean([s for row in rows if (s := _agreement(row)) is not None])
    return None if mean is None else 1 - mean


def floor(rules: Rules, rows: Rows) -> float | None:
    """How far the primary agrees with itself; None where it was not asked again."""
    if rules.basis is not Basis.NOISE:
        return None
    return _mean(
        [row.noise_floor for row in alike(paired(rows)) if row.noise_floor is not None]
    )


def apart(rules: Rules, rows: Rows) -> float | None:
    """How far the sides disagree, whether the primary was asked a second time or not; of pairs alone."""
    if rules.basis is not Basis.NOISE:
        return None
    mean = _mean([s for row in alike(paired(rows)) if (s := _agreement(row)) is not None])
    return None if mean is None else 1 - mean


def paired(rows: Rows) -> Rows:
    """Those that another answer stands beside."""
    return [row for row in rows if not row.unpaired and row.attribution != _LEFT]


def comparators(rows: Rows) -> str:
    """What a session's pairs were measured by: what its first was; "" where nothing was."""
    return next((row.comparators for row in paired(rows)), "")


def alike(rows: Rows) -> Rows:
    """Those that were measured as the first was: numbers of two encoders have no mean."""
    first = rows[0].comparators if rows else ""
    return [row for row in rows if row.comparators == first]


def difference(row: ScoredExchange) -> float | None:
    """Candidate with primary, less primary with itself, in [-1, 1]; only where it was asked again."""
    floor, score = row.noise_floor, row.equivalence
    if floor is None:
        return None
    if row.attribution == _FAILED:
        return -1.0
    return None if score is None else score - floor


def _agreement(row: ScoredExchange) -> float | None:
    return 0.0 if row.attribution == _FAILED else row.equivalence


def _errors(rules: Rules, demand: Demand, rows: Rows) -> float | None:
    """Of clients' requests alone: what fails at night says little of the day."""
    return _mean([float(row.attribution == _FAILED) for row in rows if not row.resent])


def _flags(rules: Rules, demand: Demand, rows: Rows) -> float | None:
    """All `fail` flags, or those of one code."""
    code = demand.code
    return _mean(
        [float(row.attribution == _FAILED or _flagged(code, row.fail_codes)) for row in rows]
    )


def _flagged(code: str, fails: Sequence[str]) -> bool:
    return code in fails if code else bool(fails)


def _severe(rules: Rules, demand: Demand, rows: Rows) -> float | None:
    """Each answer's own difference: a mean would let four good answers hide a catastrophe."""
    if rules.basis is not Basis.NOISE:
        return None
    drop = rules.terms.gates.severe.drop
    return _mean([float(d <= -drop) for row in rows if (d := difference(row)) is not None])


def _latency(rules: Rules, demand: Demand, rows: Rows) -> float | None:
    return _mean([slow for row in rows if (slow := _slow(rules, row)) is not None])


def _slow(rules: Rules, row: ScoredExchange) -> float | None:
    """1 for an answer over its target or a candidate-only failure; streams by their first token."""
    if _untimed(row):
        return None
    if failed(row):
        return 1.0
    if row.attribution == Attribution.BOTH_FAILED:
        return None
    gate = rules.terms.gates.latency
    took_us, target_ms = row.candidate_us, _target_ms(gate, row)
    if row.streaming and row.candidate_first_token_us is not None:
        took_us, target_ms = row.candidate_first_token_us, gate.first_token_ms
    elif left(row):
        return _gave_up(took_us, gate.first_token_ms if row.streaming else target_ms)
    return None if took_us is None else float(took_us > target_ms * MS_US)


def _gave_up(took_us: int | None, target_ms: float) -> float | None:
    """1 where the client waited for longer than the target; one that left earlier says nothing."""
    return 1.0 if took_us is not None and took_us > target_ms * MS_US else None


def _target_ms(gate: LatencyGate, row: ScoredExchange) -> float:
    """Of a recording by its length; where nobody told that, as of any other answer.

    Where the client left, only the most is known that its length can have been.
    """
    known = "audio_s" if "audio_s" in row.signals else "audio_at_most_s"
    return gate.of_recording_ms(row.signals.get(known, 0.0))


def _first_token(rules: Rules, demand: Demand, rows: Rows) -> float | None:
    found = [_tardy(rules, row) for row in rows if row.streaming]
    return _mean([bad for bad in found if bad is not None])


def _tardy(rules: Rules, row: ScoredExchange) -> float | None:
    """1 for a stream whose first token came late or never; None where its answer ended without one."""
    if _untimed(row) or row.attribution == Attribution.BOTH_FAILED:
        return None
    if failed(row):
        return 1.0
    took_us = row.candidate_first_token_us
    gates = rules.terms.gates
    target_ms = gates.first_token.target_ms or gates.latency.first_token_ms
    if took_us is None and left(row):
        return _gave_up(row.candidate_us, target_ms)
    return None if took_us is None else float(took_us > target_ms * MS_US)


def _schema_validity(rules: Rules, demand: Demand, rows: Rows) -> float | None:
    """Only where the primary's answer has the form: what both break is a request's own fault."""
    asked = [row.signals for row in rows if row.signals.get("schema_primary") == 1.0]
    return _mean([1 - signals.get("schema_candidate", 0.0) for signals in asked])


def _quality(rules: Rules, demand: Demand, rows: Rows) -> float | None:
    """Of what was scored on both sides; a severe drop is each answer's own, else the mean is clipped."""
    gate = rules.terms.gates.quality
    each = [better(demand.code, row.signals, failed=failed(row)) for row in rows]
    found = [d for d in each if d is not None]
    mean = _mean(found)
    if gate is None or mean is None:
        return None
    if demand.code == Score.SEVERE:
        return _mean([float(d <= -gate.drop + _NOTHING) for d in found])
    return badness_of_difference(mean, clip_of(gate, demand.code))


def _unpaired_flags(rules: Rules, demand: Demand, rows: Rows) -> float | None:
    """Of answers that stood alone: flags, which then need no other answer, or failures."""
    return _mean([float(failed(row) or bool(row.fail_codes)) for row in rows if row.unpaired])


def _relative_latency(rules: Rules, demand: Demand, rows: Rows) -> float | None:
    return _mean([bad for row in rows if (bad := _slower(rules, row)) is not None])


def _slower(rules: Rules, row: ScoredExchange) -> float | None:
    """1 where the candidate took longer than the primary by more than is allowed, or failed alone."""
    if row.late or row.resent:
        return None
    if failed(row):
        return 1.0
    ours, theirs = row.candidate_us, row.primary_us
    if row.streaming:
        ours, theirs = row.candidate_first_token_us, row.primary_first_token_us
    gate = rules.terms.gates.relative_latency
    if gate is None or ours is None or theirs is None:
        return None
    return float(ours > (1 + gate.slower_by) * theirs)


_OF_SESSION: dict[Gate, Callable[[Rules, Demand, Rows], float | None]] = {
    Gate.EQUIVALENCE: _equivalence,
    Gate.ERRORS: _errors,
    Gate.LATENCY: _latency,
    Gate.FLAGS: _flags,
    Gate.SEVERE: _severe,
    Gate.FIRST_TOKEN: _first_token,
    Gate.SCHEMA_VALIDITY: _schema_validity,
    Gate.RELATIVE_LATENCY: _relative_latency,
    Gate.UNPAIRED_FLAGS: _unpaired_flags,
    Gate.QUALITY: _quality,
}
