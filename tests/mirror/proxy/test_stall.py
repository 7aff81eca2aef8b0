"""Clients that take nothing are let go; those that take little are not."""

import asyncio
import socket

from mirror.proxy.stall import LOOKS, Stall, has_left, untaken


class FakeTransport:
    aborted = False

    def abort(self):
        self.aborted = True


class FakeLoop:
    """Calls back only when told to."""

    def __init__(self, monkeypatch):
        self.due = []
        monkeypatch.setattr(asyncio, "get_running_loop", lambda: self)

    def call_later(self, seconds, called, *given):
        self.due.append((seconds, called, given))

    def pass_time(self):
        _, called, given = self.due.pop()
        called(*given)


def watched(monkeypatch, left):
    loop, transport = FakeLoop(monkeypatch), FakeTransport()
    stall = Stall(60, lambda _: left())
    stall.watch(transport)
    return loop, transport


def test_a_client_that_takes_nothing_is_let_go_after_its_time(monkeypatch):
    loop, transport = watched(monkeypatch, lambda: 1000)
    assert [seconds for seconds, *_ in loop.due] == [60 / LOOKS]
    for _ in range(LOOKS - 1):
        loop.pass_time()
    assert not transport.aborted
    loop.pass_time()
    assert transport.aborted
    assert loop.due == []


def test_a_client_that_takes_a_byte_now_and_then_is_left_alone(monkeypatch):
    looks = iter(range(10_000, 0, -1))
    kept = {}

    def left():  # one byte less in every fifth look
        at = next(looks)
        return kept.setdefault((at - 1) // (LOOKS - 1), at)

    loop, transport = watched(monkeypatch, left)
    for _ in range(20 * LOOKS):
        loop.pass_time()
    assert not transport.aborted


def test_what_the_kernel_keeps_counts_as_untaken():
    async def case():
        ours, theirs = socket.socketpair()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
        assert untaken(transport) == 0
        transport.write(bytes(4 << 20))
        before = untaken(transport)
        assert before > transport.get_write_buffer_size() > 0
        assert theirs.recv(1) == b"\0"
        transport.abort()
        theirs.close()
        await asyncio.sleep(0)
        assert untaken(transport) == 0

    asyncio.run(asyncio.wait_for(case(), 30))


def test_it_is_known_that_a_client_has_left_behind_what_it_sent():
    async def case():
        ours, theirs = socket.socketpair()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
        transport.pause_reading()
        theirs.send(b"a" * 1000)
        assert not has_left(transport)
        theirs.close()
        assert has_left(transport)
        transport.abort()

    asyncio.run(asyncio.wait_for(case(), 30))
