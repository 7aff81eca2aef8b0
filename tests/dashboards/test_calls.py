"""One call, against a real server: what was sent, what was not, and what nobody knows."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

import httpx
import pytest

from dashboards import calls
from dashboards.calls import Failure, Request, Trouble, call, understood
from dashboards.keys import Keys
from dashboards.wire import Accepted, Board


@contextmanager
def a_server(answer: bytes = b""):
    """Takes connections, and answers each with these bytes; with none it keeps silent."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        asked = []

        def serve():
            kept = []
            while not over.is_set():
                try:
                    one, _ = listening.accept()
                except TimeoutError:
                    continue
                asked.append(one.recv(65536))
                if answer:
                    one.sendall(answer)
                    one.close()
                kept.append(one)
            for one in kept:
                one.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        finally:
            over.set()
            thread.join()


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(calls, "TIMEOUT", httpx.Timeout(0.5))


def a_change(keys=None):
    return Request("POST", "/do", body={"reason": "x"}, keys=keys)


def said(status, body=b"{}", more=b""):
    return b"HTTP/1.1 %d X\r\n%bcontent-length: %d\r\nconnection: close\r\n\r\n%b" % (
        status, more, len(body), body,
    )  # fmt: skip


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[::1", "ftp://127.0.0.1"])
def test_what_reaches_nobody_was_not_sent(url):
    assert call(url, Accepted, a_change()).trouble is Trouble.DOWN


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 "])
def test_of_a_change_that_is_not_answered_nobody_knows_whether_it_was_done(answer):
    with a_server(answer) as (url, asked):
        changed = call(url, Accepted, a_change())
        looked = call(url, Accepted, Request("GET", "/look"))
        assert (changed.trouble, looked.trouble) == (Trouble.UNHEARD, Trouble.DOWN)
        assert asked[0].startswith(b"POST /do")
        assert ("broke off" if answer else "did not answer within") in changed.sentence


@pytest.mark.parametrize(
    ("answer", "same"),
    [
        (b"", True),
        (said(200), False),
        (said(409), False),
        (said(502, b"<html>Bad gateway</html>"), True),
        (said(409, b'{"type": "/problems/under-way"}'), True),
    ],
)
def test_a_key_is_sent_again_until_the_request_itself_is_answered(answer, same):
    with a_server(answer) as (url, asked):
        keys = Keys()
        for _ in range(2):
            call(url, Accepted, a_change(keys))
            call(url, Accepted, Request("GET", "/look", keys=keys))
        sent = [
            line
            for one in asked
            for line in one.split(b"\r\n")
            if b"idempotency-key" in line.lower()
        ]
        assert len(sent) == 2
        assert (sent[0] == sent[1]) is same


@pytest.mark.parametrize("again", [True, False])
def test_an_answer_that_was_given_before_is_known_as_such(again):
    more = b"idempotency-replayed: true\r\n" if again else b""
    with a_server(said(201, more=more)) as (url, _):
        keys = Keys()
        assert isinstance(call(url, Accepted, a_change(keys)), Accepted)
        assert keys.replayed is again


def test_how_long_one_has_to_wait_is_told():
    body = b'{"type": "/problems/locked", "detail": "too many wrong ones"}'
    with a_server(said(403, body, b"retry-after: 14\r\n")) as (url, _):
        found = call(url, Accepted, a_change())
    assert found == Failure(Trouble.FORBIDDEN, "too many wrong ones", "locked", 14)


def test_what_another_version_says_of_a_change_says_that_it_is_done():
    done = understood(Board, 201, b"{}", changed=True)
    looked = understood(Board, 200, b"{}")
    assert (done.trouble, done.kind) == (Trouble.BROKEN, "done")
    assert "The control API did this, and said so in a way" in done.sentence
    assert (looked.kind, "answered in a way" in looked.sentence) == ("", True)


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>Bad gateway</html>", b'{"title": null}'])
def test_a_refusal_without_a_problem_document_still_reads(body):
    assert understood(Board, 409, body).sentence == "The control API refused this (409)."
