"""The paths of drills: a viewer reads, an engineer begins one."""

import pytest
from rollouts import ERIK, VERA, World
from starlette.testclient import TestClient

from cutover.api.app import Api
from mirror.journal.store import Store

PATH = "/v1/rollouts/clinic/chat/drills"
SAID = {"for_s": "30", "reason": "as planned"}


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.to_canary()
    world.tokens = world.add(ERIK, VERA)
    yield world
    store.close()


@pytest.fixture
def ask(world):
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    client = TestClient(api.app(), raise_server_exceptions=False)

    def ask(method, person, path=PATH, **given):
        headers = {"authorization": f"Bearer {world.tokens[person.name]}"}
        return client.request(method, path, headers=headers, **given)

    return ask


def test_a_drill_begins_and_is_listed_with_its_times(world, ask):
    begun = ask("POST", ERIK, json=SAID)
    assert begun.status_code == 201
    assert begun.json()["drill"]["until_us"] == world.clock() + 30_000_000
    (listed,) = ask("GET", VERA).json()["drills"]
    assert (listed["by"], listed["passed"], listed["ended_us"]) == ("erik", False, 0)
    assert listed["times"]["published_ms"] == 0
    assert ask("POST", ERIK, json=SAID).status_code == 409


def test_a_viewer_may_not_drill(world, ask):
    assert ask("POST", VERA, json=SAID).status_code == 403
    assert ask("GET", VERA).json() == {"drills": []}
    assert not world.tables[-1].emergencies


@pytest.mark.parametrize("for_s", ["", "4", "601", "x", "-1", "1e2"])
def test_a_time_that_is_too_short_or_too_long_is_refused(world, ask, for_s):
    answer = ask("POST", ERIK, json=SAID | {"for_s": for_s})
    assert (answer.status_code, "`for_s`" in answer.json()["detail"]) == (422, True)
    assert ask("GET", VERA).json() == {"drills": []}


def test_an_unknown_rollout_is_404(ask):
    for method, given in (("GET", {}), ("POST", {"json": SAID})):
        answer = ask(method, ERIK, "/v1/rollouts/clinic/audio/drills", **given)
        assert answer.status_code == 404
