"""What is let through of a connection's bytes, however they are cut into pieces, and what is not."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.proxy.wire import Wire, response
from policies.limits import Limits

HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: proxy\r\n"
PLAIN = HEAD + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
BARE = b"GET /v1/models HTTP/1.1\r\nhost: proxy\r\n\r\n"
SMALL = Limits(head_bytes=4096, header_fields=16)

GOOD = {
    "a body with its length": PLAIN,
    "chunks": CHUNKED,
    "no body": BARE,
    "several requests": PLAIN + BARE + CHUNKED + PLAIN,
    "empty lines before a request": b"\r\n" + BARE,
    "HTTP/1.0": b"GET /healthz HTTP/1.0\r\n\r\n",
    "bytes beyond ASCII in a value": HEAD + "x-name: José\r\n\r\n".encode(),
    "an empty value": HEAD + b"x-empty:\r\n\r\n",
}
BAD = {
    "LF alone in the head": (400, b"GET /v1/models HTTP/1.1\nHost: proxy\r\n\r\n"),
    "a NUL": (400, HEAD + b"x: a\0b\r\n\r\n"),
    "CR in a value": (400, HEAD + b"x: a\rb\r\n\r\n"),
    "a folded line": (400, HEAD + b"x: a\r\n b\r\n\r\n"),
    "two hosts": (400, HEAD + b"Host: other\r\n\r\n"),
    "no host": (400, b"GET /v1/models HTTP/1.1\r\n\r\n"),
    "a host with a path": (400, b"GET /v1/models HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    "a URL as target": (400, b"GET http://evil/v1 HTTP/1.1\r\nHost: proxy\r\n\r\n"),
    "CONNECT": (501, b"CONNECT evil:443 HTTP/1.1\r\nHost: evil:443\r\n\r\n"),
    "an unknown method": (501, b"BREW /v1/models HTTP/1.1\r\nHost: proxy\r\n\r\n"),
    "HTTP/2.0": (505, b"GET /v1/models HTTP/2.0\r\nHost: proxy\r\n\r\n"),
    "no HTTP": (400, b"\x16\x03\x01 hello\r\n\r\n"),
    "a long path": (414, b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: proxy\r\n\r\n"),
    "length and coding": (
        400,
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    "two lengths": (400, HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
    "a signed length": (400, HEAD + b"Content-Length: +5\r\n\r\nhello"),
    "an unknown coding": (400, HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    "a coding in HTTP/1.0": (
        400,
        b"POST /v1 HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    "an expectation": (417, HEAD + b"Expect: magic\r\n\r\n"),
    "a chunk extension": (400, CHUNKED.replace(b"5\r\n", b"5;a=b\r\n")),
    "LF alone in a chunk": (400, CHUNKED.replace(b"5\r\n", b"5\n")),
    "a negative chunk": (400, CHUNKED.replace(b"5\r\n", b"-5\r\n")),
    "a huge chunk": (400, CHUNKED.replace(b"5\r\n", b"5" * 20 + b"\r\n")),
    "a chunk longer than its size": (400, CHUNKED.replace(b"hello\r\n", b"hello!\r\n")),
    "trailers": (400, CHUNKED[:-2] + b"x: y\r\n\r\n"),
    "bytes behind a body": (400, PLAIN + b"more of it\r\n\r\n"),
}


def fed(data, cuts=(), limits=None, **settings):
    """What passed of the data cut at these places, and the status of the refusal."""
    wire = Wire(limits or Limits(), **settings)
    passed, status = b"", None
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    for start, end in itertools.pairwise(places):
        found = wire.feed(data[start:end])
        passed += found.data
        status = status or (found.refusal.status if found.refusal else None)
    return passed, status


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD)
def test_what_every_server_reads_alike_passes_untouched(data):
    assert fed(data) == (data.removeprefix(b"\r\n"), None)


@pytest.mark.parametrize(("status", "data"), BAD.values(), ids=BAD)
def test_what_servers_read_differently_is_refused(status, data):
    passed, found = fed(data)
    assert found == status
    assert data.startswith(passed)


@given(st.sampled_from([*GOOD.values(), *(d for _, d in BAD.values())]), st.data())
def test_the_pieces_that_bytes_come_in_make_no_difference(data, choose):
    cuts = choose.draw(st.lists(st.integers(1, len(data)), max_size=6))
    whole, pieces = fed(data, limits=SMALL), fed(data, cuts, limits=SMALL)
    assert pieces[1] == whole[1] or 431 in (pieces[1], whole[1])
    if whole[1] is None:
        assert pieces == whole


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_empty_lines_before_a_request_may_come_in_pieces(cut):
    assert fed(b"\r\n\r\n" + BARE, [cut]) == (BARE, None)
    assert fed(b"\r" + BARE, [cut])[1] == 400


@given(st.binary(max_size=300))
def test_no_bytes_break_it(data):
    passed, _ = fed(data)
    assert passed in data or not passed


def test_nothing_passes_behind_a_refusal():
    wire = Wire(Limits())
    assert wire.feed(b"nonsense\r\n\r\n").refusal is not None
    assert wire.feed(BARE).data == b""


@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"])
def test_a_head_that_is_too_long_is_refused_before_it_is_whole(end):
    assert fed(HEAD + b"x: " + b"a" * 5000 + end, limits=SMALL)[1] == 431


def test_too_many_headers_are_refused():
    assert fed(HEAD + b"x: y\r\n" * 15 + b"\r\n", limits=SMALL)[1] is None
    assert fed(HEAD + b"x: y\r\n" * 16 + b"\r\n", limits=SMALL)[1] == 431


def test_a_line_that_ends_with_lf_alone_is_not_waited_for():
    assert fed(b"GET /v1/models HTTP/1.1\n")[1] == 400


def test_it_is_known_while_a_head_is_not_whole():
    wire = Wire(Limits())
    assert (wire.in_head, wire.begun, wire.heads) == (True, False, 0)
    wire.feed(PLAIN[:10])
    assert (wire.in_head, wire.begun, wire.heads) == (True, True, 0)
    wire.feed(PLAIN[10:-1])
    assert (wire.in_head, wire.begun, wire.heads) == (False, False, 1)
    wire.feed(PLAIN[-1:])
    assert (wire.in_head, wire.begun, wire.heads) == (True, False, 1)


def test_what_follows_a_connect_is_looked_at_inside():
    connect = b"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n"
    inside = b"\x16\x03\x01\x00\n"
    assert fed(connect + inside, connects=True) == (connect + inside, None)
    assert fed(b"CONNECT /v1 HTTP/1.1\r\nHost: a\r\n\r\n", connects=True)[1] == 400


def test_a_refusal_is_an_error_that_clients_of_the_api_understand():
    wire = Wire(Limits())
    refusal = wire.feed(b"nonsense\r\n\r\n").refusal
    head, _, body = response(refusal).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"x-should-retry: false" in head and b"connection: close" in head
    assert b'"type": "invalid_request_error"' in body
