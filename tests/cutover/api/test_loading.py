"""The paths that tell how much is under way, as people and Prometheus meet them."""

import pytest
from builders import accepted
from rollouts import VERA, World
from starlette.testclient import TestClient

from cutover.api.app import Api
from mirror.board import SharedBoard
from mirror.capacity import Load
from mirror.journal import exchanges
from mirror.journal.store import Store


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.tokens = world.add(VERA)
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), world.sealer)
    with SharedBoard(home.load) as board:
        board.tell("gpu", Load((0, 0, 2)))
        yield world
    store.close()


@pytest.fixture
def client(world):
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    return TestClient(api.app())


def test_a_viewer_reads_what_is_in_flight_and_what_waits(world, client):
    told = {"authorization": f"Bearer {world.tokens['vera']}"}
    body = client.get("/v1/load", headers=told).json()
    assert next(one for one in body["upstreams"] if one["upstream"] == "gpu")["in_flight"] == {
        "interactive": 0,
        "batch": 0,
        "copy": 2,
    }
    assert [(one["kind"], one["count"]) for one in body["backlog"]] == [("shadow", 1)]
    page = client.get("/metrics", headers=told)
    assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'crossfade_backlog{tenant="clinic",route="chat",kind="shadow"} 1' in page.text


@pytest.mark.parametrize("path", ["/v1/load", "/metrics"])
def test_tenants_names_are_for_people_with_a_token(client, path):
    assert client.get(path).status_code == 401


def test_rollouts_are_told_one_by_one_to_who_asks(world, client):
    told = {"authorization": f"Bearer {world.tokens['vera']}"}
    counted = client.get("/metrics", headers=told).text
    assert 'crossfade_rollouts{stage="mirror",verdict="hold"} 1' in counted
    assert "crossfade_rollout_stage{" not in counted
    each = client.get("/metrics?rollouts=each", headers=told).text
    assert 'crossfade_rollout_stage{tenant="clinic",route="chat",stage="mirror"} 1' in each
    assert client.get("/metrics?rollouts=all", headers=told).status_code == 422
