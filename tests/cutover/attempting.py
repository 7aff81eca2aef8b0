"""A world with people and an open proposal, and what is to come of an attempt without a right."""

import json
from dataclasses import replace

from rollouts import ANNA, BEN, ERIK, VERA, World
from starlette.testclient import TestClient

from cutover import people
from cutover.api.app import Api
from cutover.people import CONTROLLER, Role
from mirror.journal import events

COUNTED, DENIED, REJECTED = "access.refused", "access.denied", "approval.rejected"


def a_world(store, home, **more):
    world = World(store, home, **more)
    world.tick()
    world.tokens = world.add(ANNA, BEN, ERIK, VERA)
    with store.write() as conn:
        given = {"by": CONTROLLER, "at_us": 1, "tenants": ["elsewhere"]}
        world.tokens["otto"] = people.add(conn, "otto", [Role.LEAD], **given)
    world.until_proposed()
    world.mark = lambda: world.__dict__.update(before=told(world))
    return world


def a_client(world):
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    unpaced = replace(api, paced=False)
    world.strangers = unpaced.strangers
    return TestClient(unpaced.app(), base_url="http://localhost:8081")


def told(world):
    with world.store.read() as conn:
        rows = [one for name in ("", "clinic") for one in events.read(conn, name)]
    return [json.loads(one.body) for one in rows]


def refused_and_told(world, type, kind):
    """What came of an attempt: one event that says so, and nothing else; nobody was moved or approved."""
    world.strangers.write()
    (event,) = [one for one in told(world) if one not in world.before]
    assert (event["type"], event["outcome"] in {"refused", "denied"}) == (type, True)
    if type == COUNTED:
        (sender,) = event["details"]["senders"]
        assert sender["kinds"] == {kind: 1}
    elif kind:
        assert event["details"]["kind"] == kind
        assert event["reason"]
    assert (world.view().stage, world.events("approval.given")) == ("mirror", [])


def by(token):
    return {"authorization": f"Bearer {token}"}
