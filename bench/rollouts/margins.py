"""Candidates that lie exactly on the bars of a policy: on all of them, or on one and without fault elsewhere."""

from __future__ import annotations

from bench.rollouts.worlds import DIFFERENCE_SD, World, difference_for, slower_for
from cutover.evidence.observation import Rules
from cutover.evidence.tally import Tally
from cutover.stages import Stage

NARROW = 0.5
"""How much of quality's spread agreement has: a mean far below leaves severe drops rare, which are another bar."""


def bars(rules: Rules) -> dict[str, float]:
    """Each gate's bar on the mean badness."""
    gates = Tally.begin(rules, Stage.MIRROR).gates
    return {gate.demand.name: gate.demand.bar for gate in gates}


def at_all(rules: Rules) -> World:
    """On the bars of equivalence, errors, latency, flags and, with a judge, quality at once; a failure counts at each."""
    bar = bars(rules)
    alone = bar["errors"]

    def rest(share: float) -> float:
        return (share - alone) / (1 - alone)

    gates = rules.terms.gates
    equivalence, quality = gates.equivalence, gates.quality
    alike = 1.0 if quality is None else NARROW
    agreement = _mean_at(equivalence.margin, equivalence.clip, alone, alike)
    difference = agreement
    if quality is not None:
        difference = _mean_at(quality.margin, quality.clip, alone)
    return World(
        difference=difference,
        agreement=agreement - alike * difference,
        alike=alike,
        alone=alone,
        both=0.0,
        primary_alone=0.0,
        slower=slower_for(rest(bar["latency"])),
        flagged=rest(bar["flags"]),
    )


def _mean_at(margin: float, clip: float, alone: float = 0.0, alike: float = 1.0) -> float:
    """The mean of those that answer at which the clipped mean of all lies on the margin."""
    target = (alone * clip - margin) / (1 - alone)
    return difference_for(target, alike * DIFFERENCE_SD, clip)


def at_one(rules: Rules) -> dict[str, World]:
    """For each gate a candidate that lies on its bar, and on no other."""
    bar = bars(rules)
    equivalence = rules.terms.gates.equivalence
    far = _mean_at(equivalence.margin, equivalence.clip, alike=NARROW)
    # A failure counts at every gate; a candidate that is a little better than its primary keeps the others.
    better = 0.05
    return {
        "equivalence": _flawless(
            difference=better, agreement=far - NARROW * better, alike=NARROW
        ),
        "errors": _flawless(difference=better, alone=bar["errors"]),
        "latency": _flawless(difference=better, slower=slower_for(bar["latency"])),
        "flags": _flawless(difference=better, flagged=bar["flags"]),
    }


def _flawless(**changes: float) -> World:
    values = {"alone": 0.0, "both": 0.0, "primary_alone": 0.0, "slower": 0.3} | changes
    return World(**values)  # type: ignore[arg-type]
