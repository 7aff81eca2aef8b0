"""Every row of the HTTP/2 table in docs/bad-input.md, sent as raw frames to the front.

What is malformed as HTTP/2 ends its connection (RFC 9113, section 5.4.1), and what is no request
that would be taken on HTTP/1.1 is answered as there. After each the proxy serves the next client.
"""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

import hpack
import ways
from fakes import FakeUpstream
from hyperframe import frame
from proxied import proxied
from rawhttp import ASK

PAGE = Path(__file__).parents[4] / "docs" / "bad-input.md"
LIMITS = {"body_bytes": 4 << 20, "head_s": 60, "body_s": 60}
WAITS_S = 20
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame.SettingsFrame(0).serialize()
HEAD = {
    ":method": "POST",
    ":scheme": "https",
    ":authority": "localhost",
    ":path": "/v1/chat/completions",
    "x-crossfade-tenant": "clinic",
    "content-type": "application/json",
}
LENGTH = ("content-length", str(len(ASK)))


@dataclass(frozen=True)
class Case:
    """Frames, and what comes back: a status, `closed` for the connection's end, or `reset`.

    `forwarded` requests reach the cloud; None where that depends on which frame is read first.
    """

    sent: bytes
    answer: str
    forwarded: int | None = 0


def encoded(fields):
    return hpack.Encoder().encode(list(fields), huffman=False)


def headers(fields, *, stream=1, end=False):
    """Fields as one frame, with continuations where they need them."""
    block = encoded(fields)
    pieces = [block[at : at + 16_000] for at in range(0, len(block), 16_000)]
    frames = [frame.HeadersFrame(stream, pieces[0])]
    frames += [frame.ContinuationFrame(stream, piece) for piece in pieces[1:]]
    frames[-1].flags.add("END_HEADERS")
    if end:
        frames[0].flags.add("END_STREAM")
    return b"".join(each.serialize() for each in frames)


def data(body=ASK, *, stream=1, end=True):
    made = frame.DataFrame(stream, body)
    if end:
        made.flags.add("END_STREAM")
    return made.serialize()


def asked(*more, **other):
    """A request with more fields, or others: `path=None` leaves `:path` out."""
    named = {f":{name}": value for name, value in other.items()}
    fields = [(name, value) for name, value in (HEAD | named).items() if value is not None]
    return headers([*fields, *more]) + data()


def refused(sent, status=400):
    return Case(sent, str(status))


def ended(sent):
    return Case(sent, "closed")


def flood():
    """A head that never ends, in frames of nothing new."""
    begun = frame.HeadersFrame(1, encoded(HEAD.items())).serialize()
    return begun + frame.ContinuationFrame(1, b"\0\1a\1b" * 100).serialize() * 3000


def broken_compression():
    made = frame.HeadersFrame(1, b"\xff" * 40)
    made.flags.add("END_HEADERS")
    return made.serialize()


CASES = {
    "valid": Case(asked(LENGTH), "200", 1),
    "no-length": Case(asked(), "200", 1),
    "trailers": Case(
        headers(HEAD.items()) + data(end=False) + headers([("x-checksum", "1")], end=True),
        "200",
        1,
    ),
    "te-trailers": Case(asked(("te", "trailers")), "200", 1),
    "forged-peer": Case(asked(("x-crossfade-peer", "forged")), "200", 1),
    "upper-case-name": ended(asked(("X-Upper", "a"))),
    "nul-value": ended(asked(("x", "a\0b"))),
    "cr-value": ended(asked(("x", "a\rb"))),
    "lf-value": ended(asked(("x", "a\r\nx-crossfade-tenant: other"))),
    "nul-name": ended(asked(("x\0", "a"))),
    "colon-name": ended(asked(("x:y", "a"))),
    "space-name": ended(asked(("x y", "a"))),
    "no-name": ended(asked(("", "a"))),
    "control-authorization": refused(asked(("authorization", "Bearer a\x01b"))),
    "two-tenants": refused(asked(("x-crossfade-tenant", "other"))),
    "two-authorizations": refused(
        asked(("authorization", "Bearer a"), ("authorization", "Bearer b"))
    ),
    "connection": ended(asked(("connection", "close"))),
    "transfer-encoding": ended(asked(("transfer-encoding", "chunked"))),
    "upgrade": ended(asked(("upgrade", "h2c"))),
    "te-gzip": ended(asked(("te", "gzip"))),
    "no-path": ended(asked(path=None)),
    "no-method": ended(asked(method=None)),
    "no-authority": ended(asked(authority=None)),
    "two-paths": ended(asked((":path", "/v1/models"))),
    "unknown-pseudo": ended(headers([(":own", "x"), *HEAD.items()]) + data()),
    "status": ended(headers([(":status", "200"), *HEAD.items()]) + data()),
    "other-host": ended(asked(("host", "evil.invalid"))),
    "user-in-authority": ended(asked(authority="user@localhost")),
    "lines-in-path": ended(asked(path="/v1/models HTTP/1.1\r\nx: y")),
    "lines-in-method": ended(asked(method="POST / HTTP/1.1\r\nx:")),
    "space-in-path": refused(asked(path="/v1/chat completions")),
    "absolute": refused(asked(path="http://evil.invalid/v1/chat/completions")),
    "asterisk": refused(asked(method="OPTIONS", path="*")),
    "two-slashes": refused(asked(path="//evil.invalid/v1/chat"), 404),
    "dots": refused(asked(path="/v1/../admin"), 404),
    "at-sign": refused(asked(path="/v1/@evil.invalid"), 404),
    "fragment": refused(asked(path="/v1/chat/completions#x"), 404),
    "long-path": refused(asked(path="/v1/" + "a" * 9000), 414),
    "unknown-method": refused(asked(method="BREW"), 501),
    "connect": ended(
        headers([(":method", "CONNECT"), (":authority", "evil.invalid:443")], end=True)
    ),
    "other-scheme": refused(asked(scheme="ftp")),
    "expectation": refused(asked(("expect", "magic")), 417),
    "shorter-than-length": ended(asked(("content-length", "500"))),
    "longer-than-length": ended(asked(("content-length", "5"))),
    "two-lengths": refused(asked(LENGTH, ("content-length", "5"))),
    "length-plus": refused(asked(("content-length", "+32"))),
    "length-list": ended(asked(("content-length", "32, 32"))),
    "length-negative": ended(asked(("content-length", "-1"))),
    "body-too-large": refused(headers([*HEAD.items(), ("content-length", "99999999")]), 413),
    "300-fields": refused(asked(*[(f"x{n}", "y") for n in range(300)]), 431),
    "megabyte-header": ended(asked(("x", "a" * (1 << 20)))),
    "twenty-thousand-headers": ended(asked(*[("x", "y")] * 20_000)),
    "continuation-flood": ended(flood()),
    "broken-compression": ended(broken_compression()),
    "data-of-no-stream": ended(data(stream=5)),
    "even-stream": ended(headers(HEAD.items(), stream=2) + data(stream=2)),
    "after-the-end": Case(asked(LENGTH) + data(end=False), "reset", None),
    "ping-flood": Case(
        frame.PingFrame(0, b"12345678").serialize() * 10_000 + asked(LENGTH), "200", 1
    ),
}


def test_the_page_has_a_row_for_every_http2_case_and_no_other():
    table = PAGE.read_text().partition("## HTTP/2")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `([a-z0-9-]+)` \|.*\| ([^|]+) \|$", table, re.M))
    assert rows == {name: case.answer for name, case in CASES.items()}


def test_every_http2_case_is_answered_as_the_page_says():
    async def case():
        wrong = {}
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, via="reverse-h2", limits=LIMITS) as proxy,
        ):
            for name, each in CASES.items():
                before = len(cloud.seen)
                found = await answer(proxy.address, each.sent)
                reached = len(cloud.seen) - before
                if found != each.answer or each.forwarded not in (None, reached):
                    wrong[name] = (found, reached)
                assert (await proxy.post()).status_code == 200
            assert wrong == {}
            assert not any("x-checksum" in seen.headers for seen in cloud.seen)

    asyncio.run(asyncio.wait_for(case(), 120))


def test_a_thousand_requests_taken_back_at_once_ask_nobody_and_stop_nobody():
    async def case():
        opened = b"".join(
            headers(HEAD.items(), stream=number) + frame.RstStreamFrame(number, 8).serialize()
            for number in range(1, 2001, 2)
        )
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, via="reverse-h2", limits=LIMITS) as proxy,
        ):
            last = headers([*HEAD.items(), LENGTH], stream=2001) + data(stream=2001)
            assert await answer(proxy.address, opened + last) == "200"
            assert [seen.json for seen in cloud.seen] == [{"model": "big", "messages": []}]
            assert (await proxy.post()).status_code == 200

    asyncio.run(asyncio.wait_for(case(), 60))


async def answer(address, sent):
    """The first status, `reset` or `closed` that comes back."""
    context = ways.trust("reverse-h2")
    context.set_alpn_protocols(["h2"])
    opened = asyncio.open_connection(*address, ssl=context, server_hostname="localhost")
    reader, writer = await opened
    try:
        writer.write(PREFACE + sent)
        async with asyncio.timeout(WAITS_S):
            return await _told(reader)
    finally:
        writer.close()


async def _told(reader):
    decoder = hpack.Decoder()
    while True:
        try:
            head = await reader.readexactly(9)
            made, length = frame.Frame.parse_frame_header(memoryview(head))
            made.parse_body(memoryview(await reader.readexactly(length)))
        except (asyncio.IncompleteReadError, ConnectionError):
            return "closed"
        if isinstance(made, frame.HeadersFrame):
            return dict(decoder.decode(made.data))[":status"]
        if isinstance(made, frame.RstStreamFrame):
            return "reset"
