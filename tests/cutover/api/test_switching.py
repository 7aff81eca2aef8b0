"""The paths of drains and emergencies, as clients meet them."""

import pytest
from rollouts import ERIK, KEY, VERA, World
from starlette.testclient import TestClient

from cutover.api.app import Api
from mirror.journal.store import Store


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
    app = Api(world.controller, world.store, world.sealer, world.clock, world.home.load).app()
    client = TestClient(app, raise_server_exceptions=False)

    def ask(method, path, person=ERIK, **given):
        headers = {"authorization": f"Bearer {world.tokens[person.name]}"}
        return client.request(method, path, headers=headers, **given)

    return ask


def test_an_upstream_is_drained_and_returned(world, ask):
    body = {"upstream": "gpu", "for_s": "7200", "reason": "new fans"}
    done = ask("POST", "/v1/drains", json=body)
    assert done.status_code == 201
    assert done.json()["drain"]["until_us"] == world.clock() + 7200 * 1_000_000
    assert done.json()["unanswered"] == []
    (found,) = ask("GET", "/v1/switches", VERA).json()["drains"]
    assert (found["upstream"], found["by"], found["reason"]) == ("gpu", "erik", "new fans")
    query = {"upstream": "gpu", "reason": "done"}
    assert ask("DELETE", "/v1/drains", params=query).status_code == 200
    assert ask("DELETE", "/v1/drains", params=query).status_code == 409
    assert ask("GET", "/v1/switches", VERA).json()["drains"] == []


def test_an_emergency_is_switched_on_and_off(world, ask):
    body = {"tenant": "clinic", "route": "", "reason": "wrong doses"}
    assert ask("POST", "/v1/emergencies", json=body).json()["emergency"]["name"] == "clinic"
    assert world.tables[-1].in_emergency(*KEY)
    (found,) = ask("GET", "/v1/switches", VERA).json()["emergencies"]
    assert found["name"] == "clinic"
    query = {"tenant": "clinic", "reason": "over"}
    assert ask("DELETE", "/v1/emergencies", params=query).status_code == 200
    assert not world.tables[-1].in_emergency(*KEY)


@pytest.mark.parametrize("path", ["/v1/drains", "/v1/emergencies"])
def test_a_viewer_may_set_nothing(ask, path):
    assert ask("POST", path, VERA, json={}).status_code == 403
    assert ask("DELETE", path, VERA).status_code == 403


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/drains", {"upstream": "gpu", "for_s": "x", "reason": "r"}),
        ("/v1/drains", {"upstream": "gpu", "for_s": "99999999", "reason": "r"}),
        ("/v1/drains", {"upstream": "gpu", "for_s": "", "reason": ""}),
        ("/v1/drains", {"upstream": "gpu"}),
        ("/v1/emergencies", {"tenant": "", "route": "", "reason": " "}),
    ],
)
def test_bad_input_sets_nothing(world, ask, path, body):
    assert ask("POST", path, json=body).status_code == 422
    assert ask("DELETE", path, params={"reason": ""}).status_code == 422
    found = ask("GET", "/v1/switches").json()
    assert found == {"drains": [], "emergencies": []}
