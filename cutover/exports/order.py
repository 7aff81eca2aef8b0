"""An export that somebody asked for, on its way: who may do what to it, and when it ends. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cutover.people import Person, Role

DAY_US = 86_400_000_000
FULL = "full"
"""The profile that holds payloads."""
EXPIRES_US = 7 * DAY_US
"""An order that waits so long for a second person ends."""
OPEN_OF_TENANT, OPEN = 5, 20
"""So many orders of one log, and of all, may be on their way at a time."""
STARTS = 5
"""An order whose making was cut off so often is not begun again."""


class State(StrEnum):
    """Where an order stands."""

    REQUESTED = "requested"  # waits for a second person
    APPROVED = "approved"  # waits for its turn
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


WAITING = (State.REQUESTED, State.APPROVED)
UNENDED = (*WAITING, State.RUNNING)
AGREED = (State.APPROVED, State.RUNNING, State.DONE)


class Act(StrEnum):
    """What people do to an order."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    DOWNLOAD = "download"


ERASED = "payloads of its tenant were erased since it was begun"
STATES: dict[Act, tuple[State, ...]] = {
    Act.APPROVE: (State.REQUESTED,),
    Act.REFUSE: (State.REQUESTED,),
    Act.WITHDRAW: WAITING,
    Act.DOWNLOAD: (State.DONE,),
}
"""In which state each act is possible."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order. Times are microseconds of UTC, 0 for never; `number` counts all of them.

    `reason` says why it ended as it did; `sha256` and `bytes` are the whole bundle's, once it is done.
    """

    number: int
    id: str
    tenant: str
    from_us: int
    to_us: int
    profile: str
    purpose: str
    ticket: str
    state: State
    requested_by: str
    requested_us: int
    expires_us: int
    approved_by: str = ""
    approved_us: int = 0
    started_us: int = 0
    starts: int = 0
    ended_by: str = ""
    ended_us: int = 0
    reason: str = ""
    sha256: str = ""
    bytes: int = 0
    deleted_us: int = 0


def sees(person: Person, tenant: str) -> bool:
    """Whether this person may read of a tenant's orders: who may ask for one, or approve it."""
    return person.may(Role.COMPLIANCE, tenant) or person.may(Role.LEAD, tenant)


def seen(person: Person, tenant: str | None = None) -> frozenset[str] | None:
    """The tenants, of all or of one, of which this person may read; None for every one and the deployment itself."""
    every = sees(person, "")
    named = person.tenants(Role.COMPLIANCE) | person.tenants(Role.LEAD)
    if tenant is None:
        return None if every else named
    return frozenset({tenant}) if every or tenant in named else frozenset()


def lacks(person: Person, act: Act, order: Order) -> str:
    """Why this person may not do this to an order, whatever its state; "" where they may."""
    if act is Act.DOWNLOAD:
        return person.lacks(Role.COMPLIANCE, order.tenant)
    if act is Act.WITHDRAW:
        return _not_theirs(person, order)
    if not sees(person, order.tenant):
        return _without(person, order.tenant)
    if act is Act.APPROVE and person.barred:
        return person.barred
    if order.requested_by == person.name:
        return _OWN.format(act=_SAYS[act])
    return ""


_OWN = "nobody {act} their own export; ask another person, or withdraw it"
_SAYS = {Act.APPROVE: "approves", Act.REFUSE: "refuses"}


def _not_theirs(person: Person, order: Order) -> str:
    if order.requested_by == person.name:
        return ""
    return f"only {order.requested_by}, who asked for it, withdraws it; refuse it instead"


def objection(tenant: str, by: Person, second: Person | None, named: str) -> str:
    """Why these two people may not export payloads of a tenant at once; "" where they may.

    `named` is what the second one was called, also where nobody is.
    """
    if why := by.lacks(Role.COMPLIANCE, tenant):
        return why
    if named == by.name:
        return _OWN.format(act="approves")
    if second is None:
        return f"no user {named!r}; `crossfade user list` shows who there is"
    return "" if sees(second, tenant) else _without(second, tenant)


def _without(person: Person, tenant: str) -> str:
    of = f"tenant {tenant}" if tenant else "every tenant"
    return f"{person.name} has no role `compliance` or `lead` for {of}"


def revoked(order: Order, asker: Person | None, second: Person | None) -> str:
    """Why what was agreed is not made now: who asked or agreed may not any more; "" where both still may.

    Rights may have been taken from somebody, or the person removed, while the order waited for its turn.
    """
    if asker is None or not asker.may(Role.COMPLIANCE, order.tenant):
        return f"{order.requested_by}, who asked for it, has the role `compliance` no more"
    if order.profile != FULL:
        return ""
    if second is None or not sees(second, order.tenant):
        return f"{order.approved_by}, who agreed, has the role `compliance` or `lead` no more"
    return f"{order.approved_by}, who agreed: {second.barred}" if second.barred else ""


def passed(act: Act, order: Order) -> str:
    """Why nobody can do this to an order as it stands; "" where it can be done."""
    if order.state not in STATES[act]:
        return f"this export is {order.state}; one can {act} it only while it is {_either(act)}"
    if act is Act.DOWNLOAD and order.deleted_us:
        return f"this bundle was deleted: its days were over, or {ERASED}; ask for the export again"
    return ""


def _either(act: Act) -> str:
    return " or ".join(STATES[act])


def allowed(person: Person, order: Order) -> list[Act]:
    """What this person may do to an order as it stands."""
    return [act for act in Act if not (lacks(person, act, order) or passed(act, order))]


def overdue(order: Order, now_us: int) -> bool:
    """Whether an order has waited too long for a second person."""
    return order.state is State.REQUESTED and now_us >= order.expires_us


def crowded(of_tenant: int, of_all: int) -> str:
    """Why no further order is taken while so many are on their way; "" where one is."""
    if of_tenant >= OPEN_OF_TENANT:
        return (
            f"{of_tenant} exports of this log are on their way, and {OPEN_OF_TENANT} are the most; "
            "wait until one is done, or withdraw one"
        )
    if of_all >= OPEN:
        return f"{of_all} exports are on their way, and {OPEN} are the most; ask again later"
    return ""
