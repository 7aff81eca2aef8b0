"""What no client should send, one after the other, over a real socket: each is answered in words, and nothing changes."""

import socket
import threading
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest
import uvicorn
from rollouts import ANNA, World

from cutover.api import door
from cutover.api.app import Api
from mirror.journal.store import StoreError

ONE = "/v1/rollouts/clinic/chat"
JSON = {"content-type": "application/json"}
DEEP = b"[" * 15_000
LONG = b'{"reason": "' + b"9" * 17_000 + b'"}'


@contextmanager
def serving(app):
    """The API on a port of loopback."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)


@pytest.fixture
def world(home, store):
    world = World(store, home)
    world.tick()
    world.good(1)
    world.tokens = world.add(ANNA)
    return world


@pytest.fixture
def ask(world):
    api = Api(world.controller, world.store, world.sealer, world.clock, world.home.load)
    with (
        serving(replace(api, paced=False).app()) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=60) as client,
    ):

        def ask(method, path, headers=None, **given):
            token = {"authorization": f"Bearer {world.tokens['anna']}"}
            return client.request(method, path, headers=token | (headers or {}), **given)

        yield ask


def said(answer):
    """The words of a problem, after a look at its form."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == answer.status_code
    assert len(body["detail"].split()) >= 2 and "Traceback" not in body["detail"]
    return answer.status_code, body["detail"]


ABSENT = [
    "/", "/v1", "/v2/rollouts", "/v1/rollouts/", "/v1/rollouts//chat", "/v1/rollouts/clinic/", f"{ONE}/", f"{ONE}/x",
    "/v1/rollouts/clinic/%00", "/v1/rollouts/%00/chat", "/v1/rollouts/%ff/chat", "/v1/rollouts/a%2fclinic%2fchat",
    "/v1/rollouts/../../etc/passwd", "/v1/comparisons/77", "/v1/%00", "/" + "x" * 20_000, "/v1/openapi.yaml", "/docs",
]  # fmt: skip


def test_what_is_not_there_is_said_not_to_be(ask):
    for path in ABSENT:
        status, detail = said(ask("GET", path))
        assert status == 404, path[:60]
        assert "x" * 300 not in detail


BODIES = {
    "nothing": (b"", JSON, "must be a JSON object"),
    "no_json": (b"reason=x", JSON, "is not JSON"),
    "cut_off": (b'{"reason": "x', JSON, "is not JSON"),
    "a_list": (b'["x"]', JSON, "must be a JSON object"),
    "null": (b"null", JSON, "must be a JSON object"),
    "no_utf8": (b'{"reason": "\xff\xfe"}', JSON, "is not JSON"),
    "too_deep": (DEEP, JSON, "is not JSON"),
    "a_number_without_end": (b'{"reason": ' + b"9" * 9_000 + b"}", JSON, "is not JSON"),
    "no_number": (b'{"reason": NaN}', JSON, "must be a text"),
    "half_a_character": (b'{"reason": "\\ud800"}', JSON, "control characters"),
    "a_null_character": (b'{"reason": "a\\u0000b"}', JSON, "control characters"),
    "a_key_twice": (b'{"reason": "wait", "reason": "go"}', JSON, "`reason` stands twice"),
    "a_key_twice_inside": (b'{"reason": {"a": 1, "a": 2}}', JSON, "`a` stands twice"),
    "what_is_not_asked": (b'{"reason": "x", "force": true}', JSON, "`force` is not asked for"),
    "a_form": (b"reason=x", {"content-type": "application/x-www-form-urlencoded"}, "content-type: application/json"),
    "no_type": (b'{"reason": "x"}', {}, "content-type: application/json"),
    "packed": (b"\x1f\x8b\x08\x00", JSON | {"content-encoding": "gzip"}, "is not JSON"),
}  # fmt: skip


def test_a_body_that_cannot_be_meant_is_refused_in_words_and_holds_nothing(ask, world):
    for name, (content, headers, words) in BODIES.items():
        status, detail = said(ask("POST", f"{ONE}/holds", headers, content=content))
        assert (status, words in detail) == (422, True), (name, detail)
    assert world.view().held_by == ""


def pieces():
    yield from [b"x" * 9_000] * 3


def test_a_body_that_is_too_large_is_not_read_to_its_end(ask, world):
    for path in (f"{ONE}/holds", "/v1/sessions", "/v1/nowhere"):
        for content in (LONG, pieces()):
            status, detail = said(ask("POST", path, JSON, content=content))
            assert (status, f"at most {door.BODY_LIMIT} bytes" in detail) == (413, True), path
    assert world.view().held_by == ""


def test_a_body_that_says_it_will_be_too_large_is_not_waited_for(ask, world):
    """Nothing of it is ever sent."""
    url = ask("GET", "/healthz").request.url
    head = (
        f"POST {ONE}/holds HTTP/1.1\r\nhost: {url.host}\r\nauthorization: Bearer {world.tokens['anna']}\r\n"
        "content-type: application/json\r\ncontent-length: 99999999999\r\n\r\n"
    )
    with socket.create_connection((url.host, url.port), timeout=30) as raw:
        raw.sendall(head.encode())
        answer = raw.recv(65_536).decode()
    assert answer.startswith("HTTP/1.1 413 ")
    assert "application/problem+json" in answer


QUERIES = [
    ("/v1/rollouts", "limit=0", "`limit` must be at least 1"),
    ("/v1/rollouts", "limit=201", "`limit` must be at most 200"),
    ("/v1/rollouts", "limit=x", "`limit` must be a whole number"),
    ("/v1/rollouts", "limit=1&limit=2", "`limit` stands twice"),
    ("/v1/rollouts", "cursor=!!", "`cursor` is no cursor"),
    ("/v1/rollouts", "q=%00", "`q`"),
    ("/v1/comparisons", "tenant=%00", "`tenant`"),
    ("/v1/comparisons", "session=a%00b", "`session`"),
    ("/v1/comparisons", "flag=%00", "`flag`"),
    ("/v1/comparisons", "since_us=-1", "`since_us` must be at least 0"),
    ("/v1/comparisons", "since_us=99999999999999999999", "`since_us` must be"),
    ("/v1/events", "tenant=%00", "`tenant`"),
    ("/v1/events", "kind=%00", "`kind`"),
    (f"{ONE}/comparisons", "flag=%00", "`flag`"),
    (f"{ONE}/comparisons", "before=0", "`before` must be at least 1"),
]


def test_a_question_that_cannot_be_meant_is_refused_in_words(ask):
    for path, query, words in QUERIES:
        status, detail = said(ask("GET", f"{path}?{query}"))
        assert (status, words in detail) == (422, True), (path, query, detail)


def test_a_deed_whose_reason_stands_twice_is_not_done(ask, world):
    assert ask("POST", f"{ONE}/holds", json={"reason": "wait"}).status_code == 201
    status, detail = said(ask("DELETE", f"{ONE}/holds?reason=go&reason=stay"))
    assert (status, detail) == (422, "`reason` stands twice in the address")
    assert world.view().held_by == "anna"


def test_what_may_be_given_more_than_once_still_may(ask):
    found = ask("GET", "/v1/rollouts?stage=mirror&stage=live").json()
    assert found["found"] == 1


def test_a_store_that_fails_is_said_to_and_what_nobody_foresaw_tells_nothing_of_itself(
    ask, world, monkeypatch
):
    def broken(*_, **__):
        raise RuntimeError("the-secret-of-a-fault")

    monkeypatch.setattr("cutover.api.comparing.finding.find", broken)
    # The server ends a connection on which there was a fault.
    status, detail = said(ask("GET", "/v1/comparisons", {"connection": "close"}))
    assert status == 500
    assert "the-secret" not in detail and "nothing was changed" in detail

    def gone(*_, **__):
        raise StoreError("the store does not answer; look at its disk")

    monkeypatch.setattr("cutover.api.comparing.finding.find", gone)
    assert said(ask("GET", "/v1/comparisons")) == (
        503,
        "the store does not answer; look at its disk",
    )
