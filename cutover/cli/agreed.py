"""Who agreed to an export that the command line makes: an order of the control API, or a person who proves who they are.

Works on the store, so on this box only.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from cutover import clocks, deeds, people
from cutover.cli.control import ControlError, token_of
from cutover.cli.inforce import policy_in_force
from cutover.cli.options import fail, operator
from cutover.cli.proof import proof
from cutover.people import CONTROLLER, Deed, Person
from mirror.journal.events import Value
from mirror.journal.home import Home
from mirror.journal.store import Store

if TYPE_CHECKING:
    from cutover.exports.order import Order
    from cutover.exports.planned import Asked

ENDED = (
    "its days are over, or payloads of its tenant were erased since, and what was agreed to ended with that; ask "
    "for the export again"
)
NEEDS = (
    "payloads leave only where two people say so: name who asks with --as, and who agrees with --approved-by "
    "(they prove who they are), or give the --order that was approved on the dashboard"
)


@dataclass(frozen=True, slots=True)
class Agreed:
    """What is exported, on whose behalf, and what its events say of how that was agreed."""

    asked: Asked
    deed: Deed
    said: Mapping[str, Value]


def of_order(home: Home, id: str, out: Path) -> Agreed:
    """An order that may be made. Ends the command for any other. Raises StoreError."""
    from cutover.exports import orders
    from cutover.exports.order import AGREED, State, revoked

    with closing(Store.open(home.store_url)) as store, store.read() as conn:
        found = orders.find(conn, id)
        if found is None:
            fail(f"no export {id} was asked for here; `GET /v1/exports` lists them")
        asker, second = (
            people.find(conn, one) for one in (found.requested_by, found.approved_by)
        )
        gone = orders.overtaken(conn, found) if found.state is State.DONE else False
    if found.state not in AGREED:
        fail(f"export {id} is {found.state}; only one that is approved is made")
    if found.deleted_us or gone:
        fail(f"export {id} is not made again: {ENDED}")
    if why := revoked(found, asker, second):
        fail(f"export {id} is not made: {why}")
    by = CONTROLLER if is_kept(home, id, out) else operator()
    return Agreed(_asked(found), Deed(by, clocks.now_us(), found.purpose), {"order": id})


def is_kept(home: Home, id: str, out: Path) -> bool:
    """Whether a bundle is to lie where the controller keeps those that were asked for."""
    from cutover.exports import place

    return out.absolute() == place.bundle(home.path / place.FOLDER, id)


def of_people(home: Home, data: Path, user: str, asked: Asked) -> Agreed:
    """Two people of this deployment. Ends the command where they may not, or do not prove it. Raises StoreError."""
    from cutover.exports import order

    if not (user and asked.approved_by):
        fail(NEEDS)
    if policy_in_force(home, None).policy.identity.oidc is not None:
        fail(
            "people sign in at a provider here, and no password counts: ask for it on the dashboard or with "
            "`POST /v1/exports`, have it approved there, and make it with --order"
        )
    with closing(Store.open(home.store_url)) as store:
        with store.read() as conn:
            by, second = _of_token(conn, data, user), people.find(conn, asked.approved_by)
        if why := order.objection(asked.tenant, by, second, asked.approved_by):
            _denied(store, by, asked, why)
            fail(why)
        how = _confirmed(home, store, asked.approved_by)
    now_us = clocks.now_us()
    said: dict[str, Value] = {"confirmed_by": how, "auth_us": now_us}
    return Agreed(asked, Deed(by.actor, now_us, asked.purpose), said)


def _asked(found: Order) -> Asked:
    from cutover.exports.planned import Asked

    return Asked(
        found.tenant,
        found.from_us,
        found.to_us,
        found.profile,
        found.requested_by,
        found.purpose,
        found.approved_by,
    )


def _of_token(conn: Connection, data: Path, user: str) -> Person:
    try:
        found = people.authenticate(conn, token_of(data, user))
    except ControlError as error:
        fail(str(error))
    if found is None or found.name != user:
        fail(f"the token is not that of {user!r}")
    return found


def _confirmed(home: Home, store: Store, name: str) -> str:
    """Has who agrees prove who they are; by what. A wrong password is an event of its own."""
    from cutover.identity.local import Local, NotProven
    from mirror.journal.seal import Sealer

    try:
        return Local(store, Sealer.open(home), clocks.now_us).confirm(name, proof(name))
    except NotProven as error:
        fail(f"{name}: {error}")


def _denied(store: Store, by: Person, asked: Asked, why: str) -> None:
    """An attempt without a right is an event, in the log that it was about."""
    deed, about = Deed(by.actor, clocks.now_us(), why), ("export", "new")
    said: dict[str, Value] = {"kind": "not agreed", "approved_by": asked.approved_by}
    with store.write() as conn:
        deeds.report(
            conn,
            deed,
            "access.denied",
            about,
            tenant=asked.tenant,
            outcome="denied",
            details=said,
        )
