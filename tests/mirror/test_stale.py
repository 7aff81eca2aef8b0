"""A kept connection that its server closed is tried once more; a server that fails is not."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from builders import two_sided
from proxied import Recorded

from mirror.egress import FAULTS, Egress, OutRequest, failure
from mirror.egress_record import Done, Intent
from mirror.exchange import End

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n"


@asynccontextmanager
async def serving(requests_a_connection, *, reset=False):
    """A server that answers so many requests a connection, reads the next and hangs up."""
    seen = []

    async def connection(reader, writer):
        seen.append(0)
        mine = len(seen) - 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                seen[mine] += 1
                if seen[mine] > requests_a_connection:
                    if reset:
                        writer.transport.abort()
                    return
                writer.write(HEAD + b"ok")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", seen


async def ask(egress, *, repeatable, upstream="gpu"):
    request = OutRequest(
        "POST", "/v1/chat/completions", {}, b'{"model": "own"}', repeatable=repeatable
    )
    try:
        async with egress.open("clinic", upstream, request) as incoming:
            return b"".join([chunk async for chunk in incoming.chunks])
    except FAULTS as fault:
        return failure(fault)[0]


def answers(times, *, repeatable=True, requests_a_connection=1, reset=False):
    """What so many requests one after the other got, and how many each connection carried."""

    async def case():
        serves = serving(requests_a_connection, reset=reset)
        async with (
            serves as (url, seen),
            Egress(two_sided("http://127.0.0.1:9/v1", url)) as out,
        ):
            return [await ask(out, repeatable=repeatable) for _ in range(times)], seen

    return asyncio.run(asyncio.wait_for(case(), 20))


@pytest.mark.parametrize("reset", [False, True])
def test_a_stale_connection_is_not_noticed(reset):
    found, seen = answers(2, reset=reset)
    assert found == [b"ok", b"ok"]
    assert seen == [2, 1]


def test_the_egress_record_has_each_time_that_a_request_was_sent():
    recorded = Recorded()

    async def case():
        async with (
            serving(1) as (url, _),
            Egress(two_sided(url, "http://127.0.0.1:9/v1"), record=recorded) as out,
        ):
            for _ in range(2):
                assert await ask(out, repeatable=True, upstream="cloud") == b"ok"

    asyncio.run(asyncio.wait_for(case(), 20))
    done = [entry for entry in recorded.egresses if isinstance(entry, Done)]
    intents = [entry for entry in recorded.egresses if isinstance(entry, Intent)]
    assert [(one.reason, one.status) for one in done] == [
        ("", 200),
        ("broken", None),
        ("", 200),
    ]
    assert [one.intent for one in done] == intents
    assert len({one.id for one in intents}) == 3


def test_what_may_not_be_repeated_is_not():
    found, seen = answers(2, repeatable=False)
    assert found == [b"ok", End.BROKEN]
    assert seen == [2]


def test_a_new_connection_that_breaks_is_a_failure_and_nothing_is_asked_twice():
    found, seen = answers(1, requests_a_connection=0)
    assert found == [End.BROKEN]
    assert seen == [1]
