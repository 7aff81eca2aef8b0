"""Giving an answer away, chunk by chunk, to a client that may leave."""

import asyncio

import pytest
from fakes import stream_events

from mirror.choice import Choice
from mirror.dialects.chat import CHAT
from mirror.dialects.watch import watch
from mirror.egress import Incoming
from mirror.exchange import End, Side
from mirror.proxy import engine
from mirror.proxy.engine import Answer, Stopwatch
from mirror.proxy.giving import ClientLeft, give, while_connected
from policies.policy import Location

EVENTS = stream_events("one two", "m")


async def flow(chunks):
    for chunk in chunks:
        if isinstance(chunk, Exception):
            raise chunk
        yield chunk


def given(chunks, side=Side.CANDIDATE, encoding="", held=(), gap_s=None, **told):
    """The messages that the client's server gets, and how the answer ended."""
    messages = []

    async def send(message):
        messages.append(message)

    async def case():
        arriving = flow(chunks) if isinstance(chunks, list) else chunks
        head = ((b"content-type", b"text/event-stream"), (b"connection", b"close"))
        incoming = Incoming(200, head, "text/event-stream", encoding, arriving)
        choice = Choice(side, "up", Location.ONPREM, "m")
        seen = watch(CHAT, 200, "text/event-stream", encoding)
        for chunk in held:
            seen.feed(chunk)
        answer = Answer(choice, incoming, seen, Stopwatch(), held=list(held))
        return await give(answer, send, "id", gap_s, **told)

    end, _ = asyncio.run(case())
    body = b"".join(message.get("body", b"") for message in messages)
    return body, messages[-1].get("more_body"), end, messages[0]["headers"]


def test_a_whole_stream_passes_and_ends():
    body, more, end, headers = given(EVENTS[2:], held=EVENTS[:2])
    assert (body, more, end) == (b"".join(EVENTS), False, End.COMPLETE)
    assert headers == [
        (b"content-type", b"text/event-stream"),
        (b"x-crossfade-exchange", b"id"),
    ]


@pytest.mark.parametrize("fault", [[], [ConnectionResetError()]], ids=["clean end", "broken"])
def test_half_a_candidates_stream_is_told_and_left_incomplete(fault):
    body, more, end, _ = given([*EVENTS[:2], *fault])
    assert body.startswith(b"".join(EVENTS[:2]) + b'data: {"error"')
    assert more is True
    assert end is (End.BROKEN if fault else End.NO_TERMINAL)


def test_a_primarys_stream_gets_no_event_of_ours():
    whole = given(EVENTS[:2], Side.PRIMARY)
    assert whole[:3] == (b"".join(EVENTS[:2]), False, End.NO_TERMINAL)
    broken = given([*EVENTS[:2], ConnectionResetError()], Side.PRIMARY)
    assert broken[:3] == (b"".join(EVENTS[:2]), True, End.BROKEN)


def test_a_candidates_own_error_event_is_not_told_twice():
    error = b'data: {"error": {"message": "x"}}\n\n'
    body, more, end, _ = given([*EVENTS[:2], error])
    assert (body.count(b'"error"'), more, end) == (1, True, End.ERROR_EVENT)


def test_nothing_readable_is_put_into_an_encoded_stream():
    body, more, _, _ = given([b"\x1f\x8b\x08"], encoding="gzip")
    assert (body, more) == (b"\x1f\x8b\x08", True)


async def stalling(comments):
    """A stream that stops after its first word, in silence or with comments for ever."""
    yield EVENTS[2]
    while comments:
        yield b": keep-alive\n\n"
        await asyncio.sleep(0.01)
    await asyncio.Event().wait()


@pytest.mark.parametrize("comments", [False, True], ids=["silent", "comments"])
def test_a_candidates_stream_that_stalls_is_told_and_left_incomplete(comments):
    body, more, end, _ = given(stalling(comments), held=EVENTS[:2], gap_s=0.05)
    assert b'data: {"error"' in body
    assert (more, end) == (True, End.TIMEOUT)


async def slow(events):
    for event in events:
        await asyncio.sleep(0.04)
        yield event


@pytest.mark.parametrize(("side", "gap_s"), [(Side.CANDIDATE, 0.5), (Side.PRIMARY, 0.01)])
def test_a_slow_stream_that_moves_on_and_any_primarys_pass(side, gap_s):
    body, more, end, _ = given(slow(EVENTS), side, gap_s=gap_s)
    assert (body, more, end) == (b"".join(EVENTS), False, End.COMPLETE)


def test_a_client_that_leaves_ends_the_work():
    async def case():
        left = asyncio.Event()

        async def receive():
            await left.wait()
            return {"type": "http.disconnect"}

        async def leave():
            left.set()

        async with asyncio.TaskGroup() as group:
            group.create_task(leave())
            with pytest.raises(ClientLeft):
                async with while_connected(receive):
                    await asyncio.Event().wait()

    asyncio.run(asyncio.wait_for(case(), 5))


def test_a_client_that_stays_changes_nothing():
    async def case():
        async with while_connected(asyncio.Event().wait):
            await asyncio.sleep(0)
        with pytest.raises(TimeoutError):  # a deadline of the work's own stays one
            async with while_connected(asyncio.Event().wait), asyncio.timeout(0.01):
                await asyncio.Event().wait()
        with pytest.raises(KeyError):
            async with while_connected(asyncio.Event().wait):
                raise KeyError

    asyncio.run(case())


@pytest.mark.parametrize(
    ("held", "value"),
    [((), b"up; m"), (stream_events("x", "m-2026-01-01")[:2], b"up; m-2026-01-01")],
)
def test_who_answered_is_told_where_the_tenant_wants_it(held, value):
    *_, headers = given(EVENTS, held=held, provenance=True)
    assert (b"x-crossfade-served", value) in headers
    assert b"x-crossfade-served" not in dict(given(EVENTS)[3])


def test_a_model_that_names_itself_oddly_breaks_no_header():
    held = stream_events("x", "m\r\nset-cookie: a\u00e9")[:1]
    *_, headers = given(EVENTS, held=held, provenance=True)
    assert dict(headers)[b"x-crossfade-served"] == b"up; m??set-cookie: a?"


def test_a_slow_client_holds_the_stream_up_and_the_upstream_is_not_blamed(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(engine.time, "monotonic", lambda: now[0])

    async def send(message):
        now[0] += 3.0 if b"one" in message.get("body", b"") else 0.0

    async def arriving():
        for event in EVENTS:
            now[0] += 0.1
            yield event

    async def case():
        incoming = Incoming(200, (), "text/event-stream", "", arriving())
        choice = Choice(Side.PRIMARY, "up", Location.CLOUD, "m")
        seen = watch(CHAT, 200, "text/event-stream", "")
        answer = Answer(choice, incoming, seen, Stopwatch())
        await give(answer, send, "id")
        return answer.times.pacer.pace

    pace = asyncio.run(case())
    assert (pace.events, pace.longest_us, pace.held_us) == (2, 100_000, 3_000_000)
