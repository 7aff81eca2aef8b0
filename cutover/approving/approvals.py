"""Proposals and approvals: a person decides the steps that matter, on evidence that is frozen.

A proposal is bound to the policy, the candidate and the standing it was made for. It is tested
again when the last approval is given; what no longer fits makes it void, and says why. Numbers
that drifted since do not: the verdict at that moment decides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785
from sqlalchemy import Connection, Row, RowMapping, insert, select, update

from cutover import tables
from cutover.approving.proposal import Approval, Proposal
from cutover.history import Key, report
from cutover.people import Actor, Deed, Kind, Person, Role, everybody
from cutover.pooling.pooled import rested_on
from cutover.refusals import NotAllowed
from cutover.rollout import Rollout
from cutover.stages import Signal
from cutover.verifying.meanings import VERBS
from mirror.journal import events

__all__ = [
    "OVER",
    "Approval",
    "Grounds",
    "Proposal",
    "ProposalUsed",
    "apply",
    "close",
    "details",
    "digest",
    "ended",
    "find",
    "freeze",
    "give",
    "objection",
    "open_proposals",
    "outdated",
    "propose",
    "reject",
    "standing",
    "void",
    "voided",
]


@dataclass(frozen=True, slots=True)
class Grounds:
    """What holds now, to be compared with what a proposal was bound to."""

    policy_sha256: str
    candidate: str
    rollout: Rollout
    promotes: bool
    reasons: tuple[str, ...]


OVER = "proposal over"
"""The kind of a refusal where what somebody decides on is decided, or its evidence stale."""


class ProposalUsed(RuntimeError):
    """A proposal is used once."""

    kind = OVER


def digest(value: object) -> str:
    """SHA-256 of a value's canonical JSON (RFC 8785), in hex."""
    return hashlib.sha256(_canonical(value)).hexdigest()


def freeze(evidence: Mapping[str, object]) -> tuple[str, str]:
    """Evidence as canonical JSON, and its SHA-256."""
    text = _canonical(evidence)
    return text.decode(), hashlib.sha256(text).hexdigest()


def objection(proposal: Proposal, person: Person) -> NotAllowed | None:
    """Why this person may not approve this proposal, which the caller records; None where they may."""
    why, kind = person.lacks(Role.LEAD, proposal.tenant), person.lacking(Role.LEAD)
    if why:
        why = f"{why}; only a lead approves"
    elif person.barred:
        why, kind = person.barred, "barred"
    elif proposal.proposer == person.actor:
        why, kind = "nobody approves their own proposal; ask another lead", "own proposal"
    elif any(given.name == person.name for given in proposal.approvals):
        why = f"{person.name} approved this proposal already; another lead is needed"
        kind = "approved already"
    return NotAllowed(why, kind=kind, recorded=True) if why else None


def outdated(proposal: Proposal, now: Grounds, now_us: int) -> str:
    """Why a proposal no longer stands, whatever the verdict; "" where it does."""
    if now_us >= proposal.expires_us:
        return "the proposal expired"
    if proposal.epoch != now.rollout.epoch:
        return f"the rollout has moved since; it is in {now.rollout.stage} now"
    if proposal.policy_sha256 != now.policy_sha256:
        return "the policy changed since the proposal"
    if proposal.candidate != now.candidate:
        return "the candidate changed since the proposal"
    return ""


def voided(proposal: Proposal, now: Grounds, now_us: int) -> str:
    """Why a proposal may not be applied at this moment; "" where it may."""
    if hashlib.sha256(proposal.evidence.encode()).hexdigest() != proposal.evidence_sha256:
        return "the evidence kept with the proposal is not what was proposed"
    why = outdated(proposal, now, now_us)
    if why or now.promotes:
        return why
    return f"the verdict is no longer promote: {'; '.join(now.reasons) or 'no reason given'}"


def propose(conn: Connection, proposal: Proposal, rollout: Rollout) -> None:
    """Records a proposal and its event."""
    conn.execute(
        insert(tables.proposal).values(
            id=proposal.id,
            tenant=proposal.tenant,
            route=proposal.route,
            signal=proposal.signal.value,
            from_share=proposal.from_share,
            to_share=proposal.to_share,
            epoch=proposal.epoch,
            proposer_kind=proposal.proposer.kind.value,
            proposer=proposal.proposer.name,
            reason=proposal.reason,
            at_us=proposal.at_us,
            expires_us=proposal.expires_us,
            policy_sha256=proposal.policy_sha256,
            candidate=proposal.candidate,
            evidence=proposal.evidence,
            evidence_sha256=proposal.evidence_sha256,
            state=proposal.state,
            why=proposal.why,
            ticket=proposal.ticket,
        )
    )
    deed = Deed(proposal.proposer, proposal.at_us, proposal.reason, proposal.ticket)
    said = ended(proposal, "approval.proposed", None, "open")
    report(conn, rollout, "approval.proposed", deed, said)


def give(conn: Connection, proposal: Proposal, given: Approval, rollout: Rollout) -> None:
    """Records one person's yes and its event."""
    conn.execute(
        insert(tables.approval).values(
            proposal_id=proposal.id,
            name=given.name,
            reason=given.reason,
            at_us=given.at_us,
            ticket=given.ticket,
        )
    )
    ticket = given.ticket or proposal.ticket
    actor = Actor(Kind.HUMAN, given.name, given.roles)
    deed = Deed(actor, given.at_us, given.reason, ticket)
    yes = len(proposal.approvals)
    counted = events.changed({"approvals": yes}, {"approvals": yes + 1})
    said = details(proposal, "approval.given") | counted
    if given.confirmed.how:
        said |= {"confirmed_by": given.confirmed.how, "auth_us": given.confirmed.at_us}
    report(conn, rollout, "approval.given", deed, said)


def reject(conn: Connection, proposal: Proposal, rollout: Rollout, deed: Deed) -> None:
    """Records that somebody tried to approve who may not."""
    said = details(proposal, "approval.rejected")
    report(conn, rollout, "approval.rejected", deed, said, "denied")


def apply(conn: Connection, proposal: Proposal) -> None:
    """Marks a proposal as used. The transition's own event tells the rest."""
    close(conn, proposal, "applied", "")


def void(conn: Connection, proposal: Proposal, rollout: Rollout, deed: Deed) -> None:
    """Ends a proposal that no longer stands; the deed's reason says why."""
    close(conn, proposal, "void", deed.reason)
    said = ended(proposal, "approval.void", "open", "void")
    report(conn, rollout, "approval.void", deed, said)


def close(conn: Connection, proposal: Proposal, state: str, why: str) -> None:
    """Ends an open proposal, once and for all. Raises ProposalUsed."""
    table = tables.proposal
    closed = conn.execute(
        update(table)
        .where(table.c.id == proposal.id, table.c.state == "open")
        .values(state=state, why=why)
    )
    if not closed.rowcount:
        raise ProposalUsed(f"proposal {proposal.id} was used or ended already")


def details(proposal: Proposal, type: str) -> dict[str, events.Value]:
    """What every event of a proposal tells of it: what was asked, what it is bound to, and what the event means."""
    pooled = rested_on(proposal.evidence)
    label: dict[str, events.Value] = {"evidence": "pooled", "pooled": pooled} if pooled else {}
    return {
        "proposal": proposal.id,
        "meaning": f"{VERBS[type]} {proposal.in_words}",
        "signal": proposal.signal.value,
        "from_stage": proposal.stages[0].value,
        "to_stage": proposal.stages[1].value,
        "from_share": f"{proposal.from_share:g}",
        "to_share": f"{proposal.to_share:g}",
        "epoch": proposal.epoch,
        "policy_sha256": proposal.policy_sha256,
        "candidate": proposal.candidate,
        "evidence_sha256": proposal.evidence_sha256,
        **label,
    }


def ended(proposal: Proposal, type: str, was: str | None, now: str) -> dict[str, events.Value]:
    """What the event of its beginning or its end tells: the details, and the state it was in and is in."""
    return details(proposal, type) | events.changed(was, now)


def open_proposals(conn: Connection) -> dict[Key, Proposal]:
    """The proposal that waits for each rollout; one at a time."""
    table = tables.proposal
    rows = conn.execute(select(table).where(tables.OPEN)).mappings().all()
    yes = standing(conn) if rows else {}
    return {
        (row["tenant"], row["route"]): _proposal(row, yes.get(row["id"], ())) for row in rows
    }


def standing(conn: Connection) -> dict[str, tuple[Approval, ...]]:
    """The approvals of all open proposals, by their ids; one that nobody has approved is left out."""
    waits = tables.proposal.join(tables.approval)
    query = select(tables.proposal.c.tenant, tables.approval).select_from(waits)
    rows = conn.execute(query.where(tables.OPEN).order_by(tables.approval.c.at_us)).all()
    return _of_leads(conn, rows) if rows else {}


def find(conn: Connection, key: Key, id: str) -> Proposal | None:
    """One proposal of a rollout, open or not."""
    table, given = tables.proposal, tables.approval
    mine = (table.c.id == id, table.c.tenant == key[0], table.c.route == key[1])
    row = conn.execute(select(table).where(*mine)).mappings().first()
    if row is None:
        return None
    query = select(table.c.tenant, given).select_from(table.join(given))
    rows = conn.execute(query.where(table.c.id == id).order_by(given.c.at_us)).all()
    return _proposal(row, _of_leads(conn, rows).get(id, ()))


def _of_leads(conn: Connection, rows: Iterable[Row[Any]]) -> dict[str, tuple[Approval, ...]]:
    """By proposal. Who is no lead any more has not approved."""
    people = {one.name: one for one in everybody(conn)}
    yes: dict[str, list[Approval]] = {}
    for row in rows:
        if row.name in people and people[row.name].may(Role.LEAD, row.tenant):
            one = Approval(row.name, row.reason, row.at_us, ticket=row.ticket)
            yes.setdefault(row.proposal_id, []).append(one)
    return {id: tuple(given) for id, given in yes.items()}


def _proposal(row: RowMapping, yes: tuple[Approval, ...]) -> Proposal:
    return Proposal(
        **{name: row[name] for name in _SAME},
        signal=Signal(row["signal"]),
        proposer=Actor(Kind(row["proposer_kind"]), row["proposer"]),
        approvals=yes,
    )


_SAME = Proposal.__dataclass_fields__.keys() - {"signal", "proposer", "approvals"}


def _canonical(value: object) -> bytes:
    # Through JSON once, so that tuples and enums become the types RFC 8785 knows.
    return rfc8785.dumps(json.loads(json.dumps(value)))
