"""Every row of docs/bad-input.md, sent as raw bytes to both listeners.

None is answered later than its row says, none reaches an upstream unless the row says that it is
answered, and after each of them the proxy serves the next client.
"""

import asyncio
import contextlib
import gzip
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes import FakeUpstream
from proxied import proxied
from rawhttp import ASK, exchanged, request

PAGE = Path(__file__).parents[3] / "docs" / "bad-input.md"
SIZES = {"decoded_bytes": 1 << 20, "body_bytes": 4 << 20}
PATIENT = SIZES | {"head_s": 60, "body_s": 60}
PROMPT = SIZES | {"head_s": 2, "body_s": 2}
SLOW = ("slow-head", "silent", "slow-body")  # the rows that wait for a limit to pass
HUNG_S = 15  # `exchanged` waits 20 s for an answer


def chunked(body, *fields, coding=b"Transfer-Encoding: chunked"):
    return request(*fields, coding, length=[], body=body)


@dataclass(frozen=True)
class Case:
    """What is sent, and the statuses of the answers, in order. `forwarded` requests reach the cloud."""

    sent: bytes
    answers: tuple[int, ...]
    forwarded: int = 0


def refused(sent, status=400):
    return Case(sent, (status,))


GOOD_CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(ASK), ASK)
CASES = {
    "valid-request": Case(request(), (200,), 1),
    "length-and-coding": refused(
        chunked(GOOD_CHUNKS, b"Content-Length: %d" % len(GOOD_CHUNKS))
    ),
    "coding-and-length": refused(
        chunked(GOOD_CHUNKS, coding=b"Transfer-Encoding: chunked\r\nContent-Length: 4")
    ),
    "two-lengths": refused(request(b"Content-Length: 5")),
    "two-equal-lengths": refused(request(b"Content-Length: %d" % len(ASK))),
    "length-list": refused(request(length=[b"Content-Length: 32, 32"])),
    "length-plus": refused(request(length=[b"Content-Length: +32"])),
    "length-hex": refused(request(length=[b"Content-Length: 0x20"])),
    "length-negative": refused(request(length=[b"Content-Length: -1"])),
    "coding-unknown": refused(chunked(GOOD_CHUNKS, coding=b"Transfer-Encoding: xchunked")),
    "coding-space-before-colon": refused(
        chunked(GOOD_CHUNKS, coding=b"Transfer-Encoding : chunked")
    ),
    "coding-identity": refused(
        chunked(GOOD_CHUNKS, coding=b"Transfer-Encoding: chunked, identity")
    ),
    "coding-twice": refused(
        chunked(GOOD_CHUNKS, coding=b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")
    ),
    "lf-head": refused(request().replace(b"\r\n", b"\n")),
    "lf-one-header": refused(request(b"x: y\nz: w")),
    "lf-chunk": refused(chunked(GOOD_CHUNKS.replace(b"\r\n", b"\n"))),
    "chunk-extension": refused(chunked(GOOD_CHUNKS.replace(b"20\r\n", b"20;a=b\r\n"))),
    "chunk-extension-lf": refused(chunked(GOOD_CHUNKS.replace(b"20\r\n", b"20;a\nb\r\n"))),
    "chunk-negative": refused(chunked(b"-1\r\n" + GOOD_CHUNKS)),
    "chunk-huge": refused(chunked(b"f" * 17 + b"\r\n" + GOOD_CHUNKS)),
    "chunk-no-size": refused(chunked(b"\r\n" + GOOD_CHUNKS)),
    "chunk-too-long": refused(chunked(b"5\r\nhello!\r\n0\r\n\r\n")),
    "trailers": refused(chunked(GOOD_CHUNKS[:-2] + b"x-checksum: 1\r\n\r\n")),
    "nul-value": refused(request(b"x: a\0b")),
    "nul-name": refused(request(b"x\0: y")),
    "cr-value": refused(request(b"x: a\rb")),
    "control-authorization": refused(request(b"Authorization: Bearer a\x01\x7fb")),
    "folded-line": refused(request(b"x: a\r\n  b")),
    "space-name": refused(request(b"x y: z")),
    "no-colon": refused(request(b"xyz")),
    "two-hosts": refused(request(b"Host: other")),
    "two-tenants": refused(request(b"x-crossfade-tenant: other")),
    "two-authorizations": refused(
        request(b"Authorization: Bearer a", b"authorization: Bearer b")
    ),
    "no-host": refused(b"GET /v1/models HTTP/1.1\r\n\r\n"),
    "absolute-form": refused(
        request(line=b"POST http://evil.invalid:1/v1/chat/completions HTTP/1.1")
    ),
    "connect": Case(b"CONNECT evil.invalid:443 HTTP/1.1\r\nHost: evil.invalid\r\n\r\n", (501,)),
    "asterisk": refused(request(line=b"OPTIONS * HTTP/1.1")),
    "two-slashes": refused(request(line=b"POST //evil.invalid/v1/chat HTTP/1.1"), 404),
    "dots": refused(request(line=b"POST /v1/../admin HTTP/1.1"), 404),
    "at-sign": refused(request(line=b"POST /v1/@evil.invalid HTTP/1.1"), 404),
    "fragment": refused(request(line=b"POST /v1/chat/completions#x HTTP/1.1"), 404),
    "long-path": refused(request(line=b"POST /v1/" + b"a" * 9000 + b" HTTP/1.1"), 414),
    "unknown-method": refused(request(line=b"BREW /v1/chat/completions HTTP/1.1"), 501),
    "http2-line": refused(request(line=b"POST /v1/chat/completions HTTP/2.0"), 505),
    "http2-preface": refused(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "not-http": refused(b"\x00\x01\x02 not HTTP"),
    "megabyte-header": refused(request(b"x: " + b"a" * (1 << 20)), 431),
    "twenty-thousand-headers": refused(request(*[b"x: y"] * 20_000), 431),
    "expectation": refused(request(b"Expect: magic"), 417),
    "slow-head": refused(request()[:40], 408),
    "silent": Case(b"", ()),
    "slow-body": refused(request(body=ASK[:-1], length=[b"Content-Length: 32"]), 408),
    "longer-than-length": Case(
        request(body=ASK + b"{}", length=[b"Content-Length: 32"]), (200, 400), 1
    ),
    "pipelined": Case(request() + request(), (200, 200), 2),
    "smuggled-in-pipeline": Case(request() + request(b"x: a\0b"), (200, 400), 1),
    "broken-body-in-pipeline": Case(request() + chunked(b"ZZ\r\n"), (200, 400), 1),
    "body-too-large": refused(request(body=b"", length=[b"Content-Length: 99999999"]), 413),
    "chunks-too-large": refused(chunked(b"%x\r\n" % (5 << 20) + b"a" * (5 << 20)), 413),
    "gzip-bomb": refused(
        request(b"Content-Encoding: gzip", body=gzip.compress(bytes(2 << 20))), 413
    ),
    "unknown-coding-of-body": refused(request(b"Content-Encoding: rar"), 415),
    "broken-gzip": refused(request(b"Content-Encoding: gzip")),
    "hop-by-hop": Case(
        request(b"Connection: x-hop", b"x-hop: 1", b"TE: trailers", b"Keep-Alive: 5"), (200,), 1
    ),
}


def test_the_page_has_a_row_for_every_case_and_no_other():
    page = PAGE.read_text().partition("## HTTP/2")[0]
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|.*\| ([^|]+) \|$", page, re.M)
    told = {name: tuple(int(n) for n in re.findall(r"[0-9]{3}", said)) for name, said in rows}
    assert told == {name: case.answers for name, case in CASES.items()}


@pytest.mark.parametrize("via", ["direct", "front"])
def test_every_case_is_answered_as_the_page_says(via):
    async def case():
        wrong = {}
        async with FakeUpstream() as cloud:
            for limits, names in ((PATIENT, CASES.keys() - SLOW), (PROMPT, SLOW)):
                async with proxied(cloud, cloud, via=via, limits=limits) as proxy:
                    for name in sorted(names):
                        wrong |= await misread(proxy, cloud, name)
            assert wrong == {}
            assert all("x-hop" not in seen.headers for seen in cloud.seen)

    asyncio.run(asyncio.wait_for(case(), 120))


async def misread(proxy, cloud, name):
    """The case with what came of it, where that is not what its row says; else nothing."""
    one, before = CASES[name], len(cloud.seen)
    found, took = await exchanged(proxy.address, one.sent, len(one.answers))
    forwarded = len(cloud.seen) - before
    assert (await proxy.post()).status_code == 200
    right = (tuple(found), forwarded) == (one.answers, one.forwarded) and took < HUNG_S
    return {} if right else {name: (found, forwarded, took)}


@pytest.mark.parametrize("via", ["front", "direct"])
def test_a_malformed_chunk_ends_a_request_whose_body_nobody_will_see(via):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=via) as proxy:
            head = request(b"Transfer-Encoding: chunked", length=[], body=b"")
            reader, writer = await asyncio.open_connection(*proxy.address)
            writer.write(head + b"4\r\n{}{}\r\n")
            await writer.drain()
            writer.write(b"nonsense\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 400")
            writer.close()
            assert cloud.seen == []

    asyncio.run(asyncio.wait_for(case(), 60))


@pytest.mark.parametrize("via", ["front", "direct"])
def test_refusals_are_counted(via):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=via) as proxy:
            await exchanged(proxy.address, b"?", 1)
            counted = proxy.proxy.metrics.total(
                "crossfade_refused_total", reason="malformed_request"
            )
            assert counted == 1

    asyncio.run(asyncio.wait_for(case(), 60))


@pytest.mark.parametrize("via", ["front", "direct"])
@pytest.mark.parametrize("known", [True, False])
def test_the_rest_of_a_body_that_was_answered_is_not_read_for_long(via, known):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=via) as proxy:
            asked = request(body=b"", length=[b"Content-Length: 99999999999"])
            asked = asked if known else asked.replace(b": clinic", b": nobody")
            reader, writer = await asyncio.open_connection(*proxy.address)
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            assert b"connection: close" in head
            sent = 0
            with contextlib.suppress(ConnectionError):
                while sent < 400 << 20:  # far more than the kernel's buffers may hold
                    writer.write(bytes(1 << 20))
                    await writer.drain()
                    sent += 1 << 20
            assert sent < 200 << 20
            writer.close()

    asyncio.run(asyncio.wait_for(case(), 60))


@pytest.mark.parametrize("via", ["front", "direct"])
def test_a_client_that_sends_no_more_of_a_body_that_was_answered_is_closed(via):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=via) as proxy:
            reader, writer = await asyncio.open_connection(*proxy.address)
            writer.write(request(body=b"{", length=[b"Content-Length: 99999999999"]))
            assert (await reader.read()).startswith(b"HTTP/1.1 413")  # to the end
            writer.close()

    asyncio.run(asyncio.wait_for(case(), 60))
