"""A deployment whose control API answers commands in the test's own process."""

import json

import pytest
from rollouts import ANNA, ERIK, PASSWORD, World, a_policy
from starlette.testclient import TestClient

from cutover.api.app import Api
from cutover.cli import control
from mirror.journal.store import Store


@pytest.fixture
def policy():
    return a_policy()


@pytest.fixture
def world(home, monkeypatch, policy):
    monkeypatch.delenv("CROSSFADE_TOKEN", raising=False)
    monkeypatch.setenv("CROSSFADE_PROOF", PASSWORD)
    store = Store.open(home.store_url)
    world = World(store, home, policy)
    world.tick()
    for name, token in world.add(ANNA, ERIK).items():
        (home.tokens / name).write_text(token)
    home.control_file.write_text(json.dumps({"url": "http://testserver"}))
    app = Api(world.controller, store, world.sealer, world.clock, world.home.load).app()
    monkeypatch.setattr(control.httpx, "Client", lambda **given: TestClient(app))
    yield world
    store.close()
