"""A request's body: small in memory, large in a file, cut off or too large not at all."""

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.body import Pieces
from mirror.proxy.body import IN_MEMORY_BYTES, Body, NoBody, aside, read_body, viewed


def receiving(*chunks, leaves=False):
    messages = [
        {"type": "http.request", "body": chunk, "more_body": leaves or number < len(chunks)}
        for number, chunk in enumerate(chunks, start=1)
    ]
    if leaves:
        messages.append({"type": "http.disconnect"})

    async def receive():
        return messages.pop(0)

    return receive


async def pieces_of(body):
    return b"".join([piece async for piece in Pieces(body)()])


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5))
def test_the_body_is_what_was_sent_as_often_as_it_is_read(chunks):
    async def case():
        body = await read_body(receiving(*chunks), "")
        sent = b"".join(chunks)
        assert (body.whole(), await pieces_of(body), body.whole()) == (sent, sent, sent)
        assert body.length == len(sent)

    asyncio.run(case())


@pytest.mark.parametrize(
    ("receive", "declared", "why"),
    [
        (receiving(b"{", leaves=True), "", NoBody.CUT_OFF),
        (receiving(leaves=True), "10", NoBody.CUT_OFF),
        (receiving(b"x" * 6, b"x" * 6), "", NoBody.TOO_LARGE),
        (receiving(b"never read"), "11", NoBody.TOO_LARGE),
    ],
)
def test_why_there_is_no_body(receive, declared, why):
    assert asyncio.run(read_body(receive, declared, most=10)) is why


@pytest.mark.parametrize(("length", "elsewhere"), [(IN_MEMORY_BYTES, False), (2 << 20, True)])
def test_work_on_a_large_body_is_done_in_a_thread(length, elsewhere):
    def where(content):
        return len(content), threading.get_ident()

    found = asyncio.run(aside(bytes(length), where))
    assert found[0] == length
    assert (found[1] != threading.get_ident()) is elsewhere


@pytest.mark.parametrize(("length", "elsewhere"), [(IN_MEMORY_BYTES, False), (2 << 20, True)])
def test_a_large_body_is_looked_at_in_a_thread(length, elsewhere):
    body = Body()
    body.add(bytes(length))
    found = asyncio.run(viewed(body, lambda view: (len(view), threading.get_ident())))
    assert found[0] == length
    assert (found[1] != threading.get_ident()) is elsewhere
    body.close()
