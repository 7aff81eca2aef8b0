"""Candidates that lie exactly on the bars of a policy: on all of them, or on one and without fault elsewhere."""

from __future__ import annotations

from bench.rollouts.worlds import DIFFERENCE_SD, World, difference_for, slower_for
from cutover.evidence.observation import Rules
from cutover.evidence.tally import Tally
from cutover.stages import Stage


def bars(rules: Rules) -> dict[str, float]:
    """Each gate's bar on the mean badness."""
    gates = Tally.begin(rules, Stage.MIRROR).gates
    return {gate.demand.gate.value: gate.demand.bar for gate in gates}


def at_all(rules: Rules) -> World:
    """On the bars of equivalence, errors, latency and flags at once; a failure counts at each."""
    bar = bars(rules)
    alone = bar["errors"]

    def rest(share: float) -> float:
        return (share - alone) / (1 - alone)

    equivalence = rules.terms.gates.equivalence
    target = (alone * equivalence.clip - equivalence.margin) / (1 - alone)
    return World(
        difference=difference_for(target, DIFFERENCE_SD, equivalence.clip),
        alone=alone,
        both=0.0,
        primary_alone=0.0,
        slower=slower_for(rest(bar["latency"])),
        flagged=rest(bar["flags"]),
    )


def at_one(rules: Rules) -> dict[str, World]:
    """For each gate a candidate that lies on its bar, and on no other."""
    bar = bars(rules)
    equivalence = rules.terms.gates.equivalence
    far = difference_for(-equivalence.margin, DIFFERENCE_SD, equivalence.clip)
    # A failure counts at every gate; a candidate that is a little better than its primary keeps the others.
    better = 0.05
    return {
        "equivalence": _flawless(difference=far),
        "errors": _flawless(difference=better, alone=bar["errors"]),
        "latency": _flawless(difference=better, slower=slower_for(bar["latency"])),
        "flags": _flawless(difference=better, flagged=bar["flags"]),
    }


def _flawless(**changes: float) -> World:
    values = {"alone": 0.0, "both": 0.0, "primary_alone": 0.0, "slower": 0.3} | changes
    return World(**values)  # type: ignore[arg-type]
