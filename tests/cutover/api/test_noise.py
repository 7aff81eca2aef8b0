"""The paths of a rollout's noise, as clients meet them."""

import pytest
from noisy import measured
from rollouts import ERIK, KEY, VERA, World
from starlette.testclient import TestClient

from cutover.api.app import Api
from cutover.evidence.calibrating import FEWEST
from mirror.journal.store import Store

PATH = f"/v1/rollouts/{KEY[0]}/{KEY[1]}/noise"


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

    def ask(method, person, **given):
        headers = {"authorization": f"Bearer {world.tokens[person.name]}"}
        return client.request(method, PATH, headers=headers, **given)

    return ask


def test_a_viewer_sees_it_and_an_engineer_calibrates(world, ask):
    measured(world, FEWEST)
    assert ask("GET", VERA).json()["noise"]["in_force"] == ""
    assert ask("POST", VERA, json={"reason": "ours"}).status_code == 403
    done = ask("POST", ERIK, json={"reason": "ours"})
    assert done.status_code == 201
    assert ask("GET", VERA).json()["noise"]["in_force"] == done.json()["noise"]["would_be"]


def test_too_little_is_a_conflict_and_a_reason_is_needed(ask):
    assert ask("POST", ERIK, json={"reason": "ours"}).status_code == 409
    assert ask("POST", ERIK, json={}).status_code == 422
