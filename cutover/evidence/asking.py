"""How long the primary is asked again in every session: until its noise is known, and severe drops are shown to be rare.

Where a promotion asks that `severe` was shown, a share of a few percent would take most tenants years. So the burst goes on
in mirror until it is shown, and no further than `MOST`: a candidate that shows nothing by then costs no more.
Who is asked again depends on what was seen before and never on the answers to come, so the evidence stays what it is.
"""

from __future__ import annotations

from cutover.evidence.gates import Basis, Gate, Rules, log_promote_at
from cutover.evidence.strata import OWN_EVIDENCE_ABOVE
from cutover.evidence.tally import Tally
from cutover.stages import Stage
from policies.gates import Mode, Promotion

MOST = 3_000
"""Sessions asked again after which `severe` gets no more than its share: nine of ten equal candidates need half of them."""


def burst_of(rules: Rules) -> int:
    """How many sessions of a mirror may be asked again before only a share is."""
    burst = rules.terms.sampling.reask_burst
    return max(burst, MOST) if _must_be_shown(rules) else burst


def goes_on(rules: Rules, stage: Stage, closed: Tally) -> bool:
    """Whether every session is asked again beyond the burst: severe drops are not shown to be rare yet."""
    if stage is not Stage.MIRROR or not _must_be_shown(rules):
        return False
    severe = next(gate for gate in closed.gates if gate.demand.gate is Gate.SEVERE)
    looks = [severe.shown.log_e]
    strata = closed.strata
    if strata is not None:
        own = [one for one in strata.each if strata.share(one) > OWN_EVIDENCE_ABOVE]
        each = [gate for one in own for gate in one.gates if gate.demand.gate is Gate.SEVERE]
        looks += [gate.shown.log_e for gate in each]
    return severe.n < MOST and min(looks) < log_promote_at(rules.terms)


def _must_be_shown(rules: Rules) -> bool:
    """Asked of thousands at each tick."""
    if rules.basis is not Basis.NOISE or rules.terms.sampling.reask_burst == 0:
        return False  # the primary is never asked again, or a policy wants no burst
    gate = rules.terms.gates.severe
    return gate.promotion is Promotion.SHOWN and gate.mode is not Mode.OBSERVE
