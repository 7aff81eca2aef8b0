"""Who asks too often is told when to come back, and what changes something has buckets of its own."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from cutover.api.buckets import Rate
from cutover.api.pacing import Paced, Rates, address

RATES = Rates(reads=Rate(burst=2, per_s=0.5), changes=Rate(burst=1, per_s=0.1))


@pytest.fixture
def client():
    clock = {"us": 0}
    app = Paced(PlainTextResponse("in"), address, RATES, steady_us=lambda: clock["us"])
    made = TestClient(app)
    made.clock = clock
    return made


def test_who_asks_too_often_is_refused_until_the_time_that_is_told(client):
    assert [client.get("/v1/x").status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get("/v1/x")
    assert refused.headers["retry-after"] == "2"
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["detail"] == "asked too often; ask again in 2 s"
    client.clock["us"] = 2_000_000
    assert client.get("/v1/x").status_code == 200


def test_reading_too_often_keeps_nobody_from_a_change(client):
    for _ in range(5):
        client.get("/v1/x")
    assert client.post("/v1/x").status_code == 200
    assert client.delete("/v1/x").headers["retry-after"] == "10"


def test_that_the_process_lives_is_told_however_often(client):
    assert {client.get("/healthz").status_code for _ in range(9)} == {200}


def test_who_is_not_counted_is_let_in():
    app = Paced(PlainTextResponse("in"), lambda scope: None, RATES)
    assert {TestClient(app).get("/").status_code for _ in range(9)} == {200}
