"""Money, as people with a token meet it."""

import pytest
from rollouts import VERA, World
from starlette.testclient import TestClient

from cutover.api.app import Api
from mirror.journal import spending
from mirror.journal.spending import AVOIDED, Account, Charge


@pytest.fixture
def world(store, home):
    world = World(store, home)
    world.tick()
    world.tokens = world.add(VERA)
    day = spending.day_of(world.clock())
    with store.write() as conn:
        for leg, cost in (("shadow", 250_000), (AVOIDED, 4_000_000)):
            account = Account("clinic", "chat", leg, "cloud", "big", "USD")
            spending.add(conn, day, [Charge(account, cost, False)])
            spending.add(conn, day - 1, [Charge(account, 99_000_000, False)])
    return world


@pytest.fixture
def client(world):
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    return TestClient(api.app())


def test_a_viewer_reads_what_today_has_cost_and_avoided(world, client):
    token = {"authorization": f"Bearer {world.tokens['vera']}"}
    whole, clinic = client.get("/v1/spending", headers=token).json()["spending"]
    assert (whole["tenant"], clinic["tenant"]) == ("", "clinic")
    assert (clinic["spent"], clinic["avoided"], clinic["budget"]) == (0.25, 4.0, None)
    page = client.get("/metrics", headers=token).text
    assert 'crossfade_spent_today{tenant="clinic",route="chat",currency="USD"} 0.25' in page


def test_nobody_reads_it_without_a_token(client):
    assert client.get("/v1/spending").status_code == 401


def test_a_viewer_reads_what_the_days_before_today_have_cost_and_avoided(world, client):
    token = {"authorization": f"Bearer {world.tokens['vera']}"}
    yesterday_us = (spending.day_of(world.clock()) - 1) * spending.DAY_US
    assert client.get("/v1/spending/days", headers=token).json()["days"] == [
        {"day_us": yesterday_us, "currency": "USD", "spent": 99.0, "avoided": 99.0}
    ]
    assert client.get("/v1/spending/days").status_code == 401
    for days, status in ((1, 200), (366, 200), (0, 422), (367, 422)):
        asked = client.get("/v1/spending/days", headers=token, params={"days": days})
        assert asked.status_code == status
