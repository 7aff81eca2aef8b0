"""How servers are told over the control API, and to Prometheus."""

import asyncio

import pytest
from pages import PageServer, vllm
from rollouts import VERA, World
from starlette.testclient import TestClient
from watched import watched_policy

from cutover.api.app import Api
from cutover.servers import kept
from cutover.servers.condition import Condition
from cutover.servers.scrape import client as asking
from cutover.servers.watch import Watch
from mirror.journal.store import Store


@pytest.fixture
def ask(home):
    """Asks as a viewer, once the page was read."""
    store, server = Store.open(home.store_url), PageServer(vllm(waiting=12))
    with server.running() as url:
        policy = watched_policy({"url": url, "kind": "vllm"}, capacity={"in_flight": 8})
        world = World(store, home, policy=policy)
        world.tick()
        watch = Watch(policy)

        async def read():
            async with asking(policy) as client:
                await watch.read(client, "gpu")

        asyncio.run(read())
        with store.write() as conn:
            kept.keep(conn, Condition("gpu", "b", ("GPU-a",), "GPU-a is hot", 5))
        args = (world.controller, store, world.sealer, world.clock, home.load, watch)
        token = {"authorization": f"Bearer {world.add(VERA)['vera']}"}
        client = TestClient(Api(*args).app())
        yield lambda path: client.get(path, headers=token)
    store.close()


def test_a_viewer_reads_facts_advice_and_what_is_accepted(ask):
    (one,) = ask("/v1/servers").json()["servers"]
    assert (one["upstream"], one["declared"], one["accepted"]) == ("gpu", 8, 4)
    assert one["facts"]["queue"]["value"] == 12 and one["why"] == "GPU-a is hot"
    assert one["way"] == "more replicas"


def test_prometheus_reads_them_beside_the_load(ask):
    page = ask("/metrics").text
    assert 'crossfade_server_queue{upstream="gpu"} 12' in page
    assert 'crossfade_upstream_accepted_ratio{upstream="gpu"} 0.5' in page
    assert "# TYPE crossfade_backlog gauge" in page


def test_without_pages_there_is_nothing_to_tell(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    api = Api(world.controller, store, world.sealer, world.clock, home.load)
    token = {"authorization": f"Bearer {world.add(VERA)['vera']}"}
    client = TestClient(api.app())
    assert client.get("/v1/servers", headers=token).json() == {"servers": []}
    assert "crossfade_server_" not in client.get("/metrics", headers=token).text
    store.close()
