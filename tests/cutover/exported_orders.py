"""A world with people who ask for exports, agree to them or may not, and the control API in front of it."""

import json
from dataclasses import replace

from rollouts import ROOT, START_US, World, a_password, a_policy
from starlette.testclient import TestClient

from cutover import people
from cutover.api.app import Api
from cutover.exports import orders, place
from cutover.exports.order import Order, State
from cutover.people import CONTROLLER, Actor, Deed, Kind, Role
from mirror.journal import events

HOUR_US = 3_600_000_000
PATH = "/v1/exports"
ASK = {
    "tenant": "clinic",
    "from_us": START_US - HOUR_US,
    "to_us": START_US,
    "purpose": "the yearly audit",
}
FULL = ASK | {"profile": "full"}

STAFF = {
    "cora": ([Role.COMPLIANCE], []),
    "carl": ([Role.COMPLIANCE], []),
    "lena": ([Role.LEAD], []),
    "erik": ([Role.ENGINEER], []),
    "vera": ([Role.VIEWER], []),
    "ines": ([Role.COMPLIANCE], ["clinic"]),
    "otto": ([Role.COMPLIANCE], ["elsewhere"]),
}
"""Who there is: their roles, and the tenants that those are for, none for every one."""

CORA = Actor(Kind.HUMAN, "cora")
MYKAD = "for 850101-14-5523"


def an_order(tenant="clinic", state=State.REQUESTED, id="a", **more):
    given = {"requested_by": "cora", "requested_us": 5, "expires_us": 9, **more}
    return Order(0, id * 32, tenant, 0, HOUR_US, "full", MYKAD, "CHG-1", state, **given)


def a_world(store, home, **policy):
    """A controller that acts, its people's tokens in `tokens`."""
    world = World(store, home, policy=a_policy(**policy))
    world.tick()
    world.tokens = {}
    with store.write() as conn:
        for name, (roles, tenants) in STAFF.items():
            world.tokens[name] = people.add(
                conn, name, roles, by=ROOT, at_us=1, tenants=tenants
            )
            a_password(conn, name)
    return world


def an_api(world, **more):
    return Api(
        world.controller, world.store, world.sealer, world.clock, world.home.load, **more
    )


def a_client(world):
    return TestClient(an_api(world, paced=False).app(), raise_server_exceptions=False)


def by(world, name):
    return {"authorization": f"Bearer {world.tokens[name]}"}


def told(world, tenant="clinic", prefix="export."):
    """The events of a log whose type begins so."""
    with world.store.read() as conn:
        rows = [json.loads(one.body) for one in events.read(conn, tenant)]
    return [one for one in rows if one["type"].startswith(prefix)]


def done(world, id, content=b"a bundle"):
    """Has an order end well, as the runner does, with this for its bundle."""
    folder = world.home.path / place.FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    place.bundle(folder, id).write_bytes(content)
    with world.store.write() as conn:
        order = orders.find(conn, id)
        deed = Deed(CONTROLLER, world.clock(), "it is ready")
        now = {
            "state": State.DONE,
            "sha256": "ab" * 32,
            "bytes": len(content),
            "ended_us": world.clock(),
        }
        return orders.advance(conn, order, deed, "export.done", now=now)


def expired(world, id):
    """As long a wait as ends an order, without anybody having looked."""
    world.clock.pass_s(8 * 86_400)
    world.tick()
    return replace(_found(world, id))


def _found(world, id):
    with world.store.read() as conn:
        return orders.find(conn, id)
