"""An open proposal as the view of its rollout tells it. Pure."""

from __future__ import annotations

from cutover.approving import tickets
from cutover.approving.approvals import Proposal
from cutover.pooling.pooled import rested_on
from policies.approvals import Approvals


def body(proposal: Proposal | None, needed: int, terms: Approvals) -> dict[str, object] | None:
    """As JSON types. `needed` people must say yes; `ticket_needed`: who does must name a change ticket."""
    if proposal is None:
        return None
    return {
        "id": proposal.id,
        "signal": proposal.signal.value,
        "from_share": proposal.from_share,
        "to_share": proposal.to_share,
        "proposer": proposal.proposer.name,
        "reason": proposal.reason,
        "ticket": proposal.ticket,
        "ticket_needed": bool(tickets.gap(terms, proposal.ticket)),
        "at_us": proposal.at_us,
        "expires_us": proposal.expires_us,
        "evidence_sha256": proposal.evidence_sha256,
        "approvals": [
            {"name": given.name, "at_us": given.at_us, "ticket": given.ticket}
            for given in proposal.approvals
        ],
        "needed": needed,
        "pooled": rested_on(proposal.evidence),
    }
