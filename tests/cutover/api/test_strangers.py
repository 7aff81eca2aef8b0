"""Refusals of strangers are counted and written as one bounded event."""

import json
from types import SimpleNamespace

import pytest
from rollouts import Clock

from cutover.api.strangers import FROM, OTHERS, TOKENS, Strangers
from mirror.journal import events
from mirror.journal.seal import Sealer
from mirror.journal.store import Store, StoreError


@pytest.fixture
def here(home):
    store = Store.open(home.store_url)
    clock = Clock()
    yield SimpleNamespace(strangers=Strangers(store, Sealer.open(home), clock), clock=clock)
    store.close()


def knock(address="10.0.0.1", token=None):
    headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
    return {"type": "http", "client": (address, 1), "headers": headers}


def told(here):
    with here.strangers.store.read() as conn:
        return [json.loads(one.body) for one in events.read(conn, "")]


def test_nothing_counted_is_no_event(here):
    here.strangers.write()
    assert told(here) == []


def test_what_came_from_each_address_is_one_event(here):
    began_us = here.clock()
    for token in ("a", "a", "b"):
        here.strangers.count(knock(token=token), "unknown token")
    here.clock.pass_s(60)
    here.strangers.count(knock("10.0.0.2"), "no token")
    here.strangers.write()
    here.strangers.write()
    (event,) = told(here)
    assert (event["type"], event["outcome"]) == ("access.refused", "refused")
    details = event["details"]
    assert (details["refused"], details["since_us"]) == (4, began_us)
    first, second = details["senders"]
    assert (first["from"], first["kinds"]) == ("10.0.0.1", {"unknown token": 3})
    assert len(first["tokens"]) == 2
    assert (second["kinds"], second["tokens"]) == ({"no token": 1}, [])


def test_a_token_is_told_by_a_fingerprint_that_needs_the_key(here, tmp_path):
    here.strangers.count(knock(token="a-token-that-was-mine"), "unknown token")
    here.strangers.write()
    (event,) = told(here)
    (fingerprint,) = event["details"]["senders"][0]["tokens"]
    assert "a-token-that-was-mine" not in json.dumps(event)
    sealer = here.strangers.sealer
    assert fingerprint == sealer.fingerprint(b"Bearer a-token-that-was-mine", "token")


def test_a_flood_is_one_event_of_bounded_size(here):
    for number in range(3_000):
        scope = knock(f"10.{number % 250}.{number // 250}.1", token=str(number))
        here.strangers.count(scope, "unknown token")
    here.strangers.write()
    (event,) = told(here)
    senders = event["details"]["senders"]
    assert event["details"]["refused"] == 3_000
    assert len(senders) <= FROM + 1
    assert OTHERS in {one["from"] for one in senders}
    assert all(len(one["tokens"]) <= TOKENS for one in senders)
    assert len(json.dumps(event)) < 16_000


def test_what_the_store_does_not_take_is_written_later(here, monkeypatch):
    here.strangers.count(knock(), "no token")
    store = here.strangers.store

    def locked():
        raise StoreError("the store is locked")

    here.strangers.store = SimpleNamespace(write=locked)
    here.strangers.write()
    here.strangers.count(knock(), "no token")
    here.strangers.store = store
    here.strangers.write()
    (event,) = told(here)
    assert event["details"]["senders"][0]["kinds"] == {"no token": 2}


def test_who_is_known_and_asks_too_much_is_counted_by_name(here):
    here.strangers.count(knock(token="mine"), "missing role", "vera")
    here.strangers.write()
    assert told(here)[0]["details"]["senders"][0]["from"] == "vera"
