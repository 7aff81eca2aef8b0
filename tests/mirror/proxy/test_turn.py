"""One request's turn: what goes out together, what is left out, and what is cut."""

import asyncio

import pytest

from mirror.proxy import asgi
from mirror.proxy.http1 import request_of
from mirror.proxy.turn import Turn, scope_of


class FakeLine:
    """Notes what a turn writes; `later` is what waits for the loop's next turn."""

    def __init__(self):
        self.paused = False
        self.written, self.later, self.ended = [], [], []
        self.closed = self.lingers = self.closes = False
        self.caught_up = asyncio.Event()

    def write(self, data):
        self.written.append(data)

    def soon(self, flush):
        self.later.append(flush)

    async def drained(self):
        await self.caught_up.wait()

    def taken(self):
        pass

    def answered(self, turn):
        self.ended.append(turn)

    def close(self):
        self.closed = True

    def linger(self):
        self.lingers = True


def turn_of(*fields, line=b"POST /v1/x HTTP/1.1"):
    on = FakeLine()
    return on, Turn(on, request_of(b"\r\n".join([line, *fields, b"", b""])))


def whole_turn(**values):
    line, turn = turn_of(**values)
    turn.end()
    return line, turn


def run(case):
    asyncio.run(asyncio.wait_for(case(), 30))


def test_head_and_body_are_one_write():
    async def case():
        line, turn = whole_turn()
        await asgi.whole(turn.send, 200, b"text/plain", b"hello")
        (written,) = line.written
        assert written.startswith(b"HTTP/1.1 200 OK\r\n")
        assert written.endswith(b"\r\n\r\nhello")
        assert (line.ended, line.closed) == ([turn], False)

    run(case)


def test_a_head_without_a_body_yet_is_not_held_back():
    async def case():
        line, turn = whole_turn()
        await asgi.start(turn.send, 200, [])
        assert line.written == []
        line.later.pop()()
        assert line.written == [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"]
        await asgi.body(turn.send, b"a", more=True)
        await asgi.body(turn.send, b"", more=False)
        assert line.written[1:] == [b"1\r\na\r\n", b"0\r\n\r\n"]

    run(case)


def test_a_client_of_http_1_0_gets_no_chunks_and_sees_the_end_by_the_connections():
    async def case():
        line, turn = whole_turn(line=b"GET / HTTP/1.0")
        await asgi.start(turn.send, 200, [])
        await asgi.body(turn.send, b"a", more=False)
        assert line.written == [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\na"]
        assert line.closed

    run(case)


def test_an_answer_to_half_a_request_ends_the_connection_and_leaves_time_to_read_it():
    async def case():
        line, turn = turn_of()
        turn.take(b"half of")
        await asgi.whole(turn.send, 413, b"text/plain", b"")
        assert b"\r\nconnection: close\r\n" in line.written[0]
        assert (line.closed, line.lingers, line.ended) == (False, True, [turn])

    run(case)


def test_an_answer_that_said_so_ends_the_connection_though_the_request_became_whole():
    async def case():
        line, turn = turn_of()
        await asgi.start(turn.send, 200, [])
        turn.end()
        await asgi.body(turn.send, b"", more=False)
        assert (line.closed, line.lingers) == (True, False)

    run(case)


def test_an_answer_on_a_line_that_closes_says_so():
    async def case():
        line, turn = whole_turn()
        line.closes = True
        await asgi.whole(turn.send, 200, b"text/plain", b"hello")
        assert b"\r\nconnection: close\r\n" in line.written[0]
        assert line.closed

    run(case)


@pytest.mark.parametrize("started", [False, True])
def test_what_an_application_leaves_incomplete_ends_the_connection(started):
    async def app(scope, receive, send):
        if started:
            await asgi.start(send, 200, [])
        raise ValueError("a secret")

    async def case():
        line, turn = turn_of()
        await turn.run(app, {})
        assert line.written[0].startswith(b"HTTP/1.1 200" if started else b"HTTP/1.1 500")
        assert line.closed
        assert b"0\r\n\r\n" not in b"".join(line.written)
        assert b"secret" not in b"".join(line.written)

    run(case)


def test_an_answer_shorter_than_it_said_ends_the_connection():
    async def app(scope, receive, send):
        await asgi.start(send, 200, [(b"content-length", b"5")])
        await asgi.body(send, b"abc", more=True)
        await asgi.body(send, b"", more=False)

    async def case():
        line, turn = turn_of()
        await turn.run(app, {})
        assert line.closed
        assert line.ended == []

    run(case)


def test_a_request_is_received_as_it_comes_and_then_that_its_answer_is_out():
    async def case():
        _, turn = turn_of()
        turn.take(b"ab")
        turn.take(b"c")
        first = await turn.receive()
        assert (first["body"], first["more_body"], turn.held) == (b"abc", True, 0)
        waiting = asyncio.ensure_future(turn.receive())
        await asyncio.sleep(0)
        turn.end()
        assert (await waiting)["more_body"] is False
        waiting = asyncio.ensure_future(turn.receive())
        await asyncio.sleep(0)
        assert not waiting.done()
        await asgi.whole(turn.send, 200, b"text/plain", b"")
        assert (await waiting)["type"] == "http.disconnect"

    run(case)


def test_a_client_is_asked_for_its_body_once_and_only_where_it_is_wanted():
    async def case():
        line, turn = turn_of(b"Expect: 100-continue")
        waiting = asyncio.ensure_future(turn.receive())
        await asyncio.sleep(0)
        turn.take(b"a")
        await waiting
        turn.end()
        await turn.receive()
        assert line.written == [b"HTTP/1.1 100 Continue\r\n\r\n"]

        line, turn = turn_of(b"Expect: 100-continue")
        await asgi.whole(turn.send, 413, b"text/plain", b"")
        await turn.receive()
        assert line.written[0].startswith(b"HTTP/1.1 413")

    run(case)


def test_nothing_is_written_to_a_client_that_is_gone():
    async def case():
        line, turn = turn_of()
        await asgi.start(turn.send, 200, [])
        turn.leave()
        line.later.pop()()
        await asgi.body(turn.send, b"a", more=False)
        assert line.written == []
        assert (await turn.receive())["type"] == "http.disconnect"

    run(case)


def test_a_client_that_reads_slowly_is_waited_for():
    async def case():
        line, turn = turn_of()
        await asgi.start(turn.send, 200, [])
        line.paused = True
        sending = asyncio.ensure_future(asgi.body(turn.send, b"a", more=True))
        await asyncio.sleep(0)
        assert line.written == []
        line.caught_up.set()
        await sending
        assert len(line.written) == 1

    run(case)


def test_the_body_of_a_request_that_is_answered_already_is_dropped():
    async def case():
        _, turn = turn_of()
        await asgi.whole(turn.send, 413, b"text/plain", b"")
        turn.take(b"a" * 1000)
        assert turn.held == 0

    run(case)


def test_the_scope_has_the_path_as_it_came_and_as_it_reads():
    request = request_of(b"GET /a%20b?c=d HTTP/1.1\r\nhost: x\r\n\r\n")
    scope = scope_of(request, ("10.0.0.1", 4))
    assert (scope["path"], scope["raw_path"]) == ("/a b", b"/a%20b")
    assert (scope["query_string"], scope["client"]) == (b"c=d", ("10.0.0.1", 4))
