"""Whether a promotion may rest on what all tenants of the model show, where its own sessions are too few.

Only in mirror, only where the policy asks, and never against the tenant's own evidence: what is
likely worse than its bar here is not made good by others.
"""

from __future__ import annotations

from cutover.evidence.gates import Rules, log_promote_at
from cutover.evidence.tally import Views
from cutover.pooling.pooled import PARTS
from cutover.rollout import Rollout
from cutover.stages import Stage

NOT_ASKED = "no pool is asked"


def why_not(rules: Rules, rollout: Rollout, views: Views) -> str:
    """Why nothing may rest on the pool, as a clause; "" where something may."""
    pooled = views.pooled
    if pooled is None or rollout.stage is not Stage.MIRROR:
        return NOT_ASKED
    if pooled.against:
        return pooled.against
    least, own = rules.terms.low_traffic.pooled_from, views.started.sessions
    if own < least:
        return (
            f"it counts from {least:,} sessions of the tenant's own on, and there are {own:,}"
        )
    if views.worse.log_harm >= log_promote_at(rules.terms):
        return "it does not count while harm is likely here"
    if not pooled.sessions:
        return f"it needs sessions of {PARTS} tenants, none with over a fifth of them, and has {pooled.tenants}"
    return ""


def carries(rules: Rules, views: Views, place: int, log_pooled: float) -> bool:
    """Whether the pool shows a gate that harm is not likely of here."""
    likely = log_promote_at(rules.terms)
    return log_pooled >= likely > views.log_against(place)
