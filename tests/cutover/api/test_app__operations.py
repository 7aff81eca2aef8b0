"""What the API says of each of its operations holds of every one: who may ask it, and by which method."""

import pytest
from rollouts import ANNA, World
from starlette.testclient import TestClient

from cutover.api.app import Api
from cutover.api.door import OPEN
from mirror.journal.store import Store

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE")


@pytest.fixture
def client(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    token = world.add(ANNA)["anna"]
    api = Api(world.controller, store, world.sealer, world.clock, home.load, paced=False)
    client = TestClient(api.app(), raise_server_exceptions=False, follow_redirects=False)
    client.by = {"authorization": f"Bearer {token}"}
    client.paths = client.get("/v1/openapi.json").json()["paths"]
    yield client
    store.close()


def at(path):
    """A path with something in each of its places."""
    for name, value in {"tenant": "clinic", "route": "chat", "number": "1"}.items():
        path = path.replace(f"{{{name}}}", value)
    return path.replace("{", "").replace("}", "")


def test_an_operation_that_is_described_with_a_token_needs_one_and_no_other_does(client):
    operations = [(path, method) for path, one in client.paths.items() for method in one]
    assert len(operations) > 50
    open_to_all = {(method, path) for method, path in OPEN} - {("GET", "/v1/openapi.json")}
    told = set()
    for path, method in operations:
        described = client.paths[path][method]
        answer = client.request(method.upper(), at(path))
        if "security" in described:
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"
        else:
            told.add((method.upper(), path))
            assert answer.headers.get("www-authenticate") is None, (method, path)
    assert told == open_to_all


def test_another_method_is_answered_with_those_that_there_are(client):
    for path, described in client.paths.items():
        there = {method.upper() for method in described}
        for method in set(METHODS) - there:
            answer = client.request(method, at(path), headers=client.by)
            assert answer.status_code == 405, (method, path)
            assert set(answer.headers["allow"].split(", ")) == there, (method, path)
            if method != "HEAD":
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.headers["allow"] in answer.json()["detail"]


def test_whoever_is_not_known_is_not_told_which_methods_there_are(client):
    answer = client.put("/v1/rollouts")
    assert (answer.status_code, answer.headers.get("allow")) == (401, None)
