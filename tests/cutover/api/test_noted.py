"""What is refused is written down once it is answered."""

import asyncio
import json

import pytest
from rollouts import VERA, World

from cutover.api.noted import DENIALS, Noted
from cutover.api.strangers import Strangers
from cutover.identity.caller import Caller
from mirror.journal import events
from mirror.journal.store import Store, StoreError


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    yield World(store, home)
    store.close()


def ask(world, noted, state, path="/v1/rollouts/clinic/chat", tenant="clinic"):
    """One request, of which the application behind says in its state what was refused."""

    async def behind(scope, receive, send):
        scope["state"].update(state)
        scope["path_params"] = {"tenant": tenant}

    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "client": ("::1", 1)}
    object.__setattr__(noted, "app", behind)
    asyncio.run(noted(scope, None, None))


@pytest.fixture
def noted(world):
    strangers = Strangers(world.store, world.sealer, world.clock)
    tenants = lambda: ("clinic",)  # noqa: E731
    return Noted(None, world.store, strangers, world.clock, tenants, steady_us=lambda: 0)


def told(world, tenant="clinic"):
    with world.store.read() as conn:
        found = [json.loads(one.body) for one in events.read(conn, tenant)]
    return [one for one in found if one["type"].startswith("access")]


REFUSED = {"attempt": ("wrong tenant", "vera has no role"), "caller": Caller(VERA, "secret")}


def test_what_is_not_refused_is_nothing(world, noted):
    ask(world, noted, {"caller": Caller(VERA, "secret")})
    noted.strangers.write()
    assert told(world) + told(world, "") == []


def test_a_known_person_is_an_event_in_the_tenants_log(world, noted):
    ask(world, noted, REFUSED)
    (event,) = told(world)
    assert (event["actor"]["kind"], event["actor"]["name"]) == ("human", "vera")
    assert (event["reason"], event["outcome"]) == ("vera has no role", "denied")
    assert event["details"] == {"kind": "wrong tenant", "method": "GET"}
    assert "secret" not in json.dumps(event)


def test_a_tenant_that_there_is_not_has_no_log(world, noted):
    ask(world, noted, REFUSED, tenant="made-up")
    assert len(told(world, "")) == 1
    assert told(world, "made-up") == []


def test_who_is_refused_all_the_time_is_counted(world, noted):
    for _ in range(DENIALS.burst + 5):
        ask(world, noted, REFUSED)
    assert len(told(world)) == DENIALS.burst
    noted.strangers.write()
    (summed,) = told(world, "")
    assert summed["details"]["senders"][0]["kinds"] == {"wrong tenant": 5}


def test_a_store_that_takes_nothing_is_said_in_the_log(world, noted, caplog):
    class Full:
        def write(self):
            raise StoreError("the disk is full")

    object.__setattr__(noted, "store", Full())
    ask(world, noted, REFUSED)
    assert "vera was denied something (wrong tenant), which is in no event" in caplog.text
