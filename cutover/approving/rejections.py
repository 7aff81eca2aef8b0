"""Rejections: proposals that somebody said no to, and for how long that keeps the controller from asking again.

A rejection is of one standing: once the rollout has moved there is other evidence, and another
question. Functions that take a connection work in the caller's transaction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from cutover import people_tables, tables
from cutover.approving import approvals
from cutover.approving.approvals import Proposal, ProposalUsed
from cutover.evidence.reasons import duration
from cutover.evidence.sessions import SECOND_US
from cutover.history import Key, report
from cutover.people import Deed
from cutover.rollout import Rollout
from mirror.journal.events import Value, changed
from policies.approvals import Rejected


@dataclass(frozen=True, slots=True)
class Rejection:
    """One person's no. `sessions` is how many the evidence had then, `to_share` the percent that was proposed."""

    proposal_id: str
    tenant: str
    route: str
    epoch: int
    to_share: float
    name: str
    reason: str
    at_us: int
    sessions: int

    @property
    def key(self) -> Key:
        """Whose proposal it was."""
        return self.tenant, self.route

    def until_us(self, terms: Rejected) -> int:
        """When the controller may propose again, however little there is new."""
        return self.at_us + round(terms.rest_s * SECOND_US)

    def enough(self, terms: Rejected) -> int:
        """With how many sessions it may, however soon; at least one more than there were."""
        return max(self.sessions + 1, math.ceil(self.sessions * (1 + terms.grown)))

    def sentence(self, rollout: Rollout, terms: Rejected, sessions: int, now_us: int) -> str:
        """Why the controller does not propose now; "" where it may."""
        left_us, more = self.until_us(terms) - now_us, self.enough(terms) - sessions
        if self.epoch != rollout.epoch or left_us <= 0 or more <= 0:
            return ""
        return (
            f"{self.name} rejected the move to {self.to_share:g} % of the sessions: {self.reason}; "
            f"it is proposed again after {more:,} more sessions, in {duration(left_us / SECOND_US)}, "
            f"or when {self.name} withdraws that"
        )


def record(
    conn: Connection, proposal: Proposal, rollout: Rollout, sessions: int, deed: Deed
) -> Rejection:
    """Ends a proposal with a person's no, and its event. Raises ProposalUsed."""
    approvals.close(conn, proposal, "rejected", deed.reason)
    made = {
        "proposal_id": proposal.id,
        "name": deed.actor.name,
        "reason": deed.reason,
        "at_us": deed.at_us,
        "sessions": sessions,
    }
    conn.execute(insert(people_tables.rejection).values(**made, withdrawn_us=0))
    details: dict[str, Value] = {
        **approvals.ended(proposal, "proposal.rejected", "open", "rejected"),
        "sessions": sessions,
    }
    report(conn, rollout, "proposal.rejected", deed, details)
    return Rejection(
        tenant=proposal.tenant,
        route=proposal.route,
        epoch=proposal.epoch,
        to_share=proposal.to_share,
        **made,  # type: ignore[arg-type]
    )


def withdraw(conn: Connection, rejection: Rejection, rollout: Rollout, deed: Deed) -> None:
    """Takes a rejection back, and its event. Raises ProposalUsed where that was done."""
    table = people_tables.rejection
    done = conn.execute(
        update(table)
        .where(table.c.proposal_id == rejection.proposal_id, table.c.withdrawn_us == 0)
        .values(withdrawn_us=deed.at_us)
    )
    if not done.rowcount:
        raise ProposalUsed(f"the rejection of {rejection.proposal_id} was withdrawn already")
    told = {"proposal": rejection.proposal_id, **changed("rejected", "withdrawn")}
    report(conn, rollout, "proposal.rejection_withdrawn", deed, told)


def standing(conn: Connection) -> dict[Key, Rejection]:
    """The last rejection of each rollout's present standing that nobody took back."""
    said, asked, now = people_tables.rejection, tables.proposal, tables.rollout
    here = (now.c.tenant == asked.c.tenant) & (now.c.route == asked.c.route)
    query = (
        select(
            said.c.proposal_id, asked.c.tenant, asked.c.route, asked.c.epoch, asked.c.to_share,
            said.c.name, said.c.reason, said.c.at_us, said.c.sessions,
        )
        .join(asked, asked.c.id == said.c.proposal_id)
        .join(now, here & (now.c.epoch == asked.c.epoch))
        .where(said.c.withdrawn_us == 0)
        .order_by(said.c.at_us)
    )  # fmt: skip
    found = [Rejection(**row) for row in conn.execute(query).mappings()]
    return {one.key: one for one in found}
