"""The paths of incidents: a viewer reads, an engineer reports and closes."""

import pytest
from rollouts import ERIK, VERA, World
from starlette.testclient import TestClient

from cutover.api.app import Api
from mirror.journal.store import Store

PATH = "/v1/incidents"


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.tokens = world.add(ERIK, VERA)
    yield world
    store.close()


@pytest.fixture
def ask(world):
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    client = TestClient(api.app(), raise_server_exceptions=False)

    def ask(method, person, **given):
        headers = {"authorization": f"Bearer {world.tokens[person.name]}"}
        return client.request(method, PATH, headers=headers, **given)

    return ask


def test_an_exchange_is_reported_listed_and_closed(world, ask):
    id = world.exchange()
    made = ask("POST", ERIK, json={"exchange": id[:-1], "reason": "wrong dose"})
    assert made.status_code == 201
    assert made.json()["held"] == ["clinic/chat"]
    assert made.json()["incident"]["exchange_id"] == id
    (listed,) = ask("GET", VERA).json()["incidents"]
    assert (listed["by"], listed["closed_us"]) == ("erik", 0)
    closed = ask("DELETE", ERIK, params={"id": listed["id"], "reason": "looked into"})
    assert closed.json()["incident"]["closed_reason"] == "looked into"


def test_a_viewer_may_neither_report_nor_close(world, ask):
    said = {"exchange": world.exchange(), "reason": "wrong dose"}
    assert ask("POST", VERA, json=said).status_code == 403
    assert ask("GET", VERA).json() == {"incidents": []}
    ask("POST", ERIK, json=said)
    assert ask("DELETE", VERA, params={"id": 1, "reason": "x"}).status_code == 403
    assert ask("GET", VERA).json()["incidents"][0]["closed_us"] == 0


@pytest.mark.parametrize(
    ("exchange", "status", "says"),
    [
        ("0199", 404, "no exchange 0199 is in the store"),
        ("", 404, "no id of an exchange"),
        ("%", 404, "no id of an exchange"),
    ],
)
def test_an_exchange_that_is_not_there_is_told(ask, exchange, status, says):
    answer = ask("POST", ERIK, json={"exchange": exchange, "reason": "x"})
    assert (answer.status_code, says in answer.json()["detail"]) == (status, True)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"reason": "x"}, 422),
        ({"id": "x", "reason": "x"}, 422),
        ({"id": 1}, 422),
        ({"id": 1, "reason": "x"}, 409),
    ],
)
def test_a_close_that_says_too_little_or_of_none_is_refused(ask, query, status):
    assert ask("DELETE", ERIK, params=query).status_code == status
