"""The same request with the same key is done once."""

import threading

import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from cutover.api import once
from cutover.api.once import Once
from cutover.people_tables import answered
from mirror.journal.seal import Sealer
from mirror.journal.store import Store, StoreError


class World:
    def __init__(self, home):
        self.store, self.done, self.status, self.now_us = (
            Store.open(home.store_url),
            [],
            201,
            10**15,
        )
        self.wait = None
        routes = [
            Route("/do", self.do, methods=["POST", "GET", "DELETE"]),
            Route("/other", self.do, methods=["POST"]),
        ]
        self.app = Once(
            Starlette(routes=routes),
            lambda scope: dict(scope["headers"]).get(b"x-who", b"").decode() or None,
            self.store,
            Sealer.open(home),
            lambda: self.now_us,
        )

    async def do(self, request):
        self.done.append(await request.body())
        if self.wait:
            self.wait()
        return JSONResponse({"times": len(self.done)}, self.status)

    def ask(self, body="x", key="k1", who="anna", path="/do", method="POST"):
        headers = {"x-who": who} | ({"idempotency-key": key} if key is not None else {})
        client = TestClient(self.app, raise_server_exceptions=False)
        return client.request(method, path, content=body, headers=headers)


@pytest.fixture
def world(home):
    made = World(home)
    yield made
    made.store.close()


def test_the_same_request_is_done_once_and_answered_the_same(world):
    first, again = world.ask(), world.ask()
    assert (
        (first.status_code, first.json())
        == (again.status_code, again.json())
        == (201, {"times": 1})
    )
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert world.done == [b"x"]


def test_what_takes_something_back_is_done_once_too_and_is_another_request(world):
    taken = world.ask(method="DELETE", path="/do?a=1", body="")
    again = world.ask(method="DELETE", path="/do?a=1", body="")
    assert (taken.json(), again.json()) == ({"times": 1}, {"times": 1})
    assert again.headers["idempotency-replayed"] == "true"
    assert world.ask(method="POST", path="/do?a=1", body="").status_code == 422


@pytest.mark.parametrize("other", [{"body": "y"}, {"path": "/other"}, {"path": "/do?a=1"}])
def test_another_request_with_the_key_is_refused(world, other):
    world.ask()
    refused = world.ask(**other)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert "a new request needs a new key" in refused.json()["detail"]
    assert len(world.done) == 1


def test_a_key_is_one_persons_and_lasts_a_day(world):
    world.ask()
    assert world.ask(who="ben").json() == {"times": 2}
    assert world.ask(key="k2").json() == {"times": 3}
    world.now_us += once.KEPT_US
    assert world.ask().json() == {"times": 4}
    with world.store.read() as conn:
        assert conn.scalars(select(answered.c.key)).all() == [
            "k1"
        ]  # the others' day is over too


def test_without_a_key_or_a_person_each_is_done(world):
    for _ in range(2):
        world.ask(key=None)
        world.ask(who="")
        world.ask(method="GET")
    assert len(world.done) == 6


@pytest.mark.parametrize("status", [403, 409, 422, 500, 503])
def test_what_was_not_done_may_be_tried_again_otherwise_too(world, status):
    world.status = status
    assert world.ask(body="a wrong code").status_code == status
    world.status = 201
    assert world.ask().status_code == 201
    assert world.ask().json() == {"times": 2}


@pytest.mark.parametrize("key", ["", "x" * 129, "a\tb"])
def test_what_is_no_key_is_said(world, key):
    refused = world.ask(key=key)
    assert (refused.status_code, world.done) == (422, [])


def test_while_the_first_is_under_way_nothing_is_done_twice(world):
    begun, end = threading.Event(), threading.Event()

    def wait():
        begun.set()
        assert end.wait(60)

    world.wait = wait
    first = threading.Thread(target=world.ask)
    first.start()
    assert begun.wait(60)
    refused = world.ask()
    end.set()
    first.join(60)
    assert refused.status_code == 409
    assert "still under way" in refused.json()["detail"]
    assert refused.json()["type"] == "/problems/under-way"
    assert world.ask().json() == {"times": 1}


def test_nothing_of_a_request_or_an_answer_is_readable_in_the_store(world):
    world.ask(body="my password")
    with world.store.read() as conn:
        (kept,) = conn.scalars(select(answered.c.answer)).all()
    assert b"times" not in kept
    assert b"password" not in kept


def test_where_the_answer_cannot_be_kept_it_is_given_all_the_same(world, monkeypatch, caplog):
    def fails(self):
        raise StoreError("full")

    monkeypatch.setattr(Store, "write", fails)
    assert world.ask().status_code == 201
    assert "could not be kept" in caplog.text
