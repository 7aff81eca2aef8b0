"""Bodies in memory and in files, and forms that are sent from there."""

import asyncio
import threading
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror import body as module
from mirror.body import IN_MEMORY_BYTES, Body, Pieces
from mirror.dialects import multipart
from mirror.dialects.multipart import Splice
from mirror.room import Crowded

KIND = "multipart/form-data; boundary=b"


async def read(pieces):
    return b"".join([piece async for piece in pieces])


def holding(content):
    body = Body()
    body.add(content)
    return body


@pytest.mark.parametrize(
    ("size", "on_disk"), [(IN_MEMORY_BYTES, False), (IN_MEMORY_BYTES + 1, True)]
)
def test_only_large_bodies_go_to_a_file(size, on_disk):
    body = holding(b"x" * size)
    assert body._file._rolled is on_disk
    assert asyncio.run(read(Pieces(body)())) == b"x" * size
    with body.view() as view:
        assert isinstance(view, bytes) is not on_disk
        assert view[:] == b"x" * size
    body.close()


@pytest.mark.parametrize("size", [1000, IN_MEMORY_BYTES + 1])
def test_two_readers_do_not_disturb_each_other(size):
    content = bytes(number % 251 for number in range(size))
    body = holding(content)
    first, second = body.slices(100), body.slices(100)
    assert next(first) == content[:100]
    assert b"".join(second) == content
    assert next(first) == content[100:200]
    body.close()


def test_a_body_is_given_in_pieces_only_where_it_is_large():
    small, large = holding(b"x"), holding(bytes(IN_MEMORY_BYTES + 1))
    assert small.content() == b"x"
    assert large.content() == Pieces(large)
    small.close()
    large.close()


def form(*parts):
    head = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    return b"".join(head % part for part in parts) + b"--b--\r\n"


@given(
    file=st.binary(max_size=60).filter(lambda content: b"--b" not in content),
    model=st.text("abc", min_size=1, max_size=30),
    size=st.integers(1, 40),
    last=st.booleans(),
)
def test_what_is_sent_in_pieces_is_what_would_be_sent_whole(file, model, size, last):
    parts = [(b"model", b"big"), (b"x", file)]
    content = form(*(reversed(parts) if last else parts))
    body = holding(content)
    with patch.object(module.Body.slices, "__defaults__", (size,)):
        for sent in (
            Pieces(body).with_model(KIND, model),
            Pieces(body).with_model(KIND, model + "x").with_model(KIND, model),
        ):
            whole = multipart.with_model(content, KIND, model)
            assert asyncio.run(read(sent())) == whole
            assert asyncio.run(read(sent())) == whole
            assert sent.length == len(whole)
    body.close()


def test_a_splice_over_many_pieces_is_made_once():
    body = holding(b"0123456789")
    pieces = Pieces(body, Splice(2, 8, b"xy"))
    with patch.object(module.Body.slices, "__defaults__", (3,)):
        assert asyncio.run(read(pieces())) == b"01xy89"
    body.close()


@given(
    st.binary(max_size=40),
    st.binary(max_size=40),
    st.binary(max_size=40),
    st.binary(max_size=40),
)
def test_a_changed_body_is_sent_as_it_became(before, old, new, after):
    async def case():
        body = holding(before + old + after)
        became = before + new + after
        with patch.object(module, "_PIECE", 7):
            changed = Pieces(body).changed(before + old + after, became)
            assert changed.length == len(became)
            assert await read(changed()) == became
        module.close_other(changed, Pieces(body))
        assert not body._file.closed
        body.close()

    asyncio.run(case())


def test_a_change_that_is_long_goes_to_a_file_of_its_own_that_is_closed():
    content = bytes(IN_MEMORY_BYTES + 1)
    body = holding(content)
    changed = Pieces(body).changed(content, b"x" * len(content))
    assert changed.body is not body
    assert asyncio.run(read(changed())) == b"x" * len(content)
    module.close_other(changed, Pieces(body))
    assert changed.body._file.closed
    assert not body._file.closed
    body.close()


def test_only_so_many_bytes_are_worked_on_at_a_time():
    gate, at_work = threading.Event(), []

    def work():
        at_work.append(module.ROOM.inside)
        gate.wait()

    async def case():
        half = module.ROOM.most // 2 + 1
        tasks = [asyncio.ensure_future(module.in_room(half, work)) for _ in range(3)]
        while not at_work:
            await asyncio.sleep(0.001)
        with pytest.raises(Crowded):
            await module.in_room(1 << 30, work, within_s=0.01)
        assert at_work == [half]
        gate.set()
        await asyncio.gather(*tasks)

    asyncio.run(case())
    assert module.ROOM.inside == 0


def test_a_body_whose_client_left_keeps_its_room_until_the_thread_is_done_with_it():
    gate, begun = threading.Event(), threading.Event()

    def work():
        begun.set()
        gate.wait()

    async def case():
        task = asyncio.ensure_future(module.in_room(5, work))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert module.ROOM.inside == 5
        gate.set()
        while module.ROOM.inside:
            await asyncio.sleep(0.001)

    asyncio.run(case())
