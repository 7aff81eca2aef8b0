import json

import pytest
from rollouts import World, a_policy
from sqlalchemy import select

from compare import ledger
from mirror.journal import events, exchanges, tables
from mirror.journal.seal import Erased

DAY_US = 86_400_000_000


@pytest.fixture
def world(store, home):
    """A controller's world."""
    found = World(store, home)
    found.tick()
    return found


class Seen:
    """What a test looks at: whose payloads are there, and what is on record."""

    def __init__(self, world):
        self.world = world

    def kept(self, id):
        """Whether every word of an exchange can still be read; all or nothing."""
        with self.world.store.read() as conn:
            try:
                found = exchanges.load(conn, id, self.world.sealer)
            except Erased:
                bodies = conn.scalars(
                    select(tables.reply.c.body).where(tables.reply.c.exchange_id == id)
                ).all()
                row = ledger.of_exchange(conn, id)
                assert set(bodies) <= {b""} and (row is None or row.evidence == b"")
                return False
            return bool(found.accept.body)

    def told(self, type):
        with self.world.store.read() as conn:
            found = [one for one in events.read(conn, "clinic", limit=100_000)]
        return [json.loads(one.body) for one in found if one.type == type]


@pytest.fixture
def seen(world):
    return Seen(world)


def policy_of(keep, **more):
    """The world's policy, with the tenant's payloads kept so."""
    found = a_policy()
    payloads = found.tenants["clinic"].payloads.model_validate({"keep": keep, **more})
    clinic = found.tenants["clinic"].model_copy(update={"payloads": payloads})
    return found.model_copy(update={"tenants": {"clinic": clinic}})


@pytest.fixture
def keeping():
    return policy_of
