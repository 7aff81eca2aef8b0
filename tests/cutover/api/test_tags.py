"""Who has an answer already is told that it is the same."""

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from cutover.api.tags import Tagged


@pytest.fixture
def said():
    return {"n": 1}


@pytest.fixture
def client(said):
    def one(request):
        return JSONResponse(said)

    def refused(request):
        return JSONResponse({}, 409)

    def pieces(request):
        return StreamingResponse(iter([b"a", b"b"]))

    routes = [
        Route("/one", one, methods=["GET", "POST"]),
        Route("/refused", refused),
        Route("/pieces", pieces),
    ]
    return TestClient(Tagged(Starlette(routes=routes)))


def asked(client, path, known):
    return client.get(path, headers={"if-none-match": known})


def test_the_same_answer_is_not_sent_again(client, said):
    first = client.get("/one")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "authorization"
    for known in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        again = asked(client, "/one", known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert "content-length" not in again.headers
    said["n"] = 2
    changed = asked(client, "/one", tag)
    assert (changed.status_code, changed.json()) == (200, {"n": 2})
    assert changed.headers["etag"] != tag


@pytest.mark.parametrize("known", ["", "x", '"', "W/", '"nobody\'s"'])
def test_another_tag_gets_the_answer(client, known):
    assert asked(client, "/one", known).json() == {"n": 1}


def test_what_changes_something_is_refused_or_comes_in_pieces_has_no_tag(client):
    assert "etag" not in client.post("/one").headers
    assert "etag" not in asked(client, "/refused", "*").headers
    pieces = asked(client, "/pieces", "*")
    assert (pieces.content, "etag" in pieces.headers) == (b"ab", False)
