"""Who opens the dashboard's socket without a right is refused and counted, in bounded room."""

import asyncio
import json

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from dashboards import knocks as module
from dashboards.knocks import FOREIGN, MOST, RAW, SENDERS, Knocks, Watched, posted, telling
from dashboards.signin import CONTROL_URL


async def socket(ws):
    """As Streamlit does: pages of its own host alone."""
    if ws.headers.get("origin") != "http://testserver":
        await ws.close(code=1008)
        return
    await ws.accept()
    await ws.send_text("open")
    await ws.close()


@pytest.fixture
def knocks():
    return Knocks()


@pytest.fixture
def client(knocks):
    return TestClient(Watched(Starlette(routes=[WebSocketRoute("/", socket)]), knocks))


def test_a_page_of_the_dashboard_gets_its_socket_and_nothing_is_counted(client, knocks):
    with client.websocket_connect("/", headers={"origin": "http://testserver"}) as ws:
        assert ws.receive_text() == "open"
    assert client.get("/nothing").status_code == 404
    assert not knocks.times


@pytest.mark.parametrize(
    ("headers", "kind"),
    [({}, RAW), ({"origin": "https://evil.example"}, FOREIGN), ({"origin": ""}, FOREIGN)],
)
def test_any_other_is_refused_and_counted_by_its_kind(client, knocks, headers, kind):
    with (
        pytest.raises(WebSocketDisconnect) as closed,
        client.websocket_connect("/", headers=headers),
    ):
        pass
    assert closed.value.code == 1008
    assert (dict(knocks.times), knocks.senders) == ({kind: 1}, {kind: ["testclient"]})


def told(knocks, answers=lambda: True):
    heard = []

    async def to(said):
        heard.append(said)
        return answers()

    asyncio.run(knocks.tell(to))
    return heard


def test_a_flood_takes_little_room_and_is_told_in_bounded_parts(knocks):
    for number in range(MOST + 500):
        knocks.count(RAW, f"10.0.{number // 250}.{number % 250}")
    (first,) = told(knocks)
    assert (first["kind"], first["times"], len(first["senders"])) == (RAW, MOST, SENDERS)
    (second,) = told(knocks)
    assert (second["times"], second["senders"]) == (500, [])
    assert told(knocks) == []


def test_what_is_not_taken_is_told_again(knocks):
    knocks.count(RAW, "10.0.0.1")
    knocks.count(FOREIGN, "10.0.0.2")
    assert len(told(knocks, lambda: False)) == 1  # the rest would not be taken either
    assert [one["senders"] for one in told(knocks)] == [["10.0.0.1"], ["10.0.0.2"]]


def test_it_is_told_as_long_as_the_dashboard_runs_and_once_more_at_its_end(knocks):
    heard = []

    async def run():
        again = asyncio.Event()

        async def to(said):
            heard.append(said["times"])
            again.set()
            return True

        async with telling(knocks, to, every_s=0.001):
            knocks.count(RAW, "10.0.0.1")
            await asyncio.wait_for(again.wait(), 60)
        knocks.count(RAW, "10.0.0.1")
        async with telling(knocks, to, every_s=3600):
            pass

    asyncio.run(run())
    assert heard == [1, 1]


def test_it_goes_to_the_control_api_without_a_token_and_a_dead_one_is_no_fault(monkeypatch):
    asked = []

    def answer(request):
        asked.append(request)
        return httpx.Response(201, json={"counted": 3})

    real = httpx.AsyncClient
    monkeypatch.setenv(CONTROL_URL, "http://127.0.0.1:9")
    assert asyncio.run(posted({"kind": RAW, "times": 3, "senders": []})) is False
    monkeypatch.setattr(
        module.httpx, "AsyncClient", lambda **_: real(transport=httpx.MockTransport(answer))
    )
    assert asyncio.run(posted({"kind": RAW, "times": 3, "senders": []})) is True
    (request,) = asked
    assert (request.url.path, json.loads(request.content)["times"]) == ("/v1/refusals", 3)
    assert "authorization" not in request.headers
