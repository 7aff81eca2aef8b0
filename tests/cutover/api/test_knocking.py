"""Whom the dashboard refused is counted under its address, and nothing else comes of it."""

import pytest
from attempting import COUNTED, a_client, a_world, told

from cutover.api.knocking import MOST, SENDERS
from mirror.journal.store import Store

PATH = "/v1/refusals"


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    yield a_world(store, home)
    store.close()


@pytest.fixture
def client(world):
    return a_client(world)


def test_what_it_tells_is_part_of_the_event_of_the_minute(world, client):
    for senders in (["203.0.113.9"], ["203.0.113.9", "2001:db8::1"]):
        said = {"kind": "foreign origin", "times": 7, "senders": senders}
        answer = client.post(PATH, json=said)
        assert (answer.status_code, answer.json()) == (201, {"counted": 7})
    client.get("/v1/me")
    world.strangers.write()
    (event,) = [one for one in told(world) if one["type"] == COUNTED]
    assert event["details"]["refused"] == 15
    (sender,) = event["details"]["senders"]
    assert sender["kinds"] == {"foreign origin at the dashboard": 14, "no token": 1}
    assert sender["seen_from"] == ["2001:db8::1", "203.0.113.9"]


def test_however_many_addresses_are_told_few_are_kept_and_nobodys_place_is_taken(world, client):
    for number in range(60):
        senders = [f"10.0.{number}.{one}" for one in range(SENDERS)]
        client.post(PATH, json={"kind": "websocket", "times": MOST, "senders": senders})
    world.strangers.write()
    (event,) = [one for one in told(world) if one["type"] == COUNTED]
    (sender,) = event["details"]["senders"]
    assert sender["kinds"] == {"websocket at the dashboard": 60 * MOST}
    assert len(sender["seen_from"]) == SENDERS


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "anything", "times": 1},
        {"kind": "websocket", "times": 0},
        {"kind": "websocket", "times": MOST + 1},
        {"kind": "websocket", "times": True},
        {"kind": "websocket", "times": 1, "senders": ["<b>"]},
        {"kind": "websocket", "times": 1, "senders": ["10.0.0.1"] * (SENDERS + 1)},
        {"kind": "websocket", "times": 1, "why": "x"},
    ],
)
def test_what_cannot_be_is_not_counted(world, client, said):
    assert client.post(PATH, json=said).status_code == 422
    world.strangers.write()
    assert not [one for one in told(world) if one["type"] == COUNTED]


def test_a_page_of_another_site_cannot_tell_anything(world, client):
    said = {"kind": "websocket", "times": 9}
    answer = client.post(PATH, json=said, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    world.strangers.write()
    (event,) = [one for one in told(world) if one["type"] == COUNTED]
    assert event["details"]["senders"][0]["kinds"] == {"foreign origin": 1}
