"""Which deployment answers, as people with a token meet it."""

import pytest
from rollouts import VERA, World
from starlette.testclient import TestClient

from cutover.api.app import Api


@pytest.fixture
def world(store, home):
    world = World(store, home)
    world.tokens = world.add(VERA)
    return world


@pytest.fixture
def client(world):
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    return TestClient(api.app())


def test_a_viewer_reads_its_name_and_the_clock_of_its_clinics(world, client):
    token = {"authorization": f"Bearer {world.tokens['vera']}"}
    told = client.get("/v1/deployment", headers=token).json()
    assert (told["name"], told["zone"]) == (world.policy.deployment, "Asia/Kuala_Lumpur")
    assert told["version"]


def test_nobody_reads_it_without_a_token(client):
    assert client.get("/v1/deployment").status_code == 401
