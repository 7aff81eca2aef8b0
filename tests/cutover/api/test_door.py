"""The door of the control API: who is let in, and what is never read."""

import asyncio
import json

import pytest
from rollouts import VERA, World

from cutover.api import door
from cutover.api.door import Door
from cutover.api.problems import Problem
from mirror.journal.store import Store


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tokens = world.add(VERA)
    yield world
    store.close()


def knock(world, *chunks, path="/v1/me", token=None, method="POST"):
    """What an application behind the door saw of a request (None for nothing), the answer, and chunks read."""
    reads, sent, seen = [], [], []
    headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
    scope = {"type": "http", "path": path, "headers": headers, "method": method}

    async def receive():
        reads.append(1)
        return chunks[len(reads) - 1]

    async def send(message):
        sent.append(message)

    async def behind(scope, receive, send):
        body = (await receive())["body"] if chunks else b""
        seen.append((scope["state"]["caller"], body))

    asyncio.run(Door(behind, world.store, world.clock)(scope, receive, send))
    return (seen or [None])[0], sent, len(reads)


def a_chunk(body, *, more=False):
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_person_comes_in_with_the_whole_body(world):
    chunks = a_chunk(b"ab", more=True), a_chunk(b"cd")
    seen, _, _ = knock(world, *chunks, token=world.tokens["vera"])
    assert seen[0].person.name == "vera"
    assert seen[1] == b"abcd"


@pytest.mark.parametrize("token", [None, "nobodys", "\xff"])
def test_nothing_is_read_for_who_is_not_known(world, token):
    seen, sent, reads = knock(world, a_chunk(b"x" * 100), token=token)
    assert seen is None
    assert reads == 0
    assert sent[0]["status"] == 401
    assert "token" in json.loads(sent[1]["body"])["detail"]


def test_a_body_is_refused_before_all_of_it_was_read(world):
    chunks = [a_chunk(b"x" * 10_000, more=True) for _ in range(9)]
    seen, sent, reads = knock(world, *chunks, token=world.tokens["vera"])
    assert (seen, reads, sent[0]["status"]) == (None, 2, 413)


@pytest.mark.parametrize("path", ["/healthz", "/v1/openapi.json"])
def test_what_is_for_everybody_needs_no_token(world, path):
    assert knock(world, a_chunk(b""), path=path, method="GET")[0] == (None, b"")
    assert knock(world, path=path)[0] is None


def test_who_signs_in_needs_no_token_and_sends_no_more_than_others(world):
    assert knock(world, a_chunk(b"ab"), path="/v1/sessions")[0] == (None, b"ab")
    chunks = [a_chunk(b"x" * 10_000, more=True) for _ in range(9)]
    seen, sent, reads = knock(world, *chunks, path="/v1/sessions")
    assert (seen, reads, sent[0]["status"]) == (None, 2, 413)
    assert knock(world, path="/v1/sessions", method="DELETE")[0] is None


@pytest.mark.parametrize("path", ["/healthz/", "/v1/openapi.json/", "//healthz", "/metrics"])
def test_what_only_looks_like_it_does(world, path):
    seen, sent, _ = knock(world, path=path, method="GET")
    assert (seen, sent[0]["status"]) == (None, 401)


def test_a_bearer_token_is_taken_whatever_the_case_of_its_scheme():
    assert door.token("bearer  abc ") == "abc"


@pytest.mark.parametrize("header", ["", "abc", "Bearer", "Basic abc"])
def test_anything_else_is_no_token(header):
    with pytest.raises(Problem) as caught:
        door.token(header)
    assert caught.value.status == 401
