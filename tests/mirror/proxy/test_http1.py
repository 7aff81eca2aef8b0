"""What a head says, and how the bytes of an answer are written."""

import pytest

from mirror.proxy.http1 import Framing, framing_of, head_of, request_of


def said(*fields, line=b"GET /v1/models HTTP/1.1"):
    return request_of(b"\r\n".join([line, b"Host: proxy", *fields, b"", b""]))


def test_a_head_is_read_as_it_came():
    found = said(
        b"X-Name: \t Jos\xe9 \t", b"x-name:b:c", line=b"POST /v1/a%20b#c?d=e?f HTTP/1.1"
    )
    assert (found.method, found.version) == ("POST", "1.1")
    assert (found.path, found.query) == (b"/v1/a%20b#c", b"d=e?f")
    assert found.headers == [(b"host", b"proxy"), (b"x-name", b"Jos\xe9"), (b"x-name", b"b:c")]


@pytest.mark.parametrize(
    ("line", "fields", "keeps", "expects"),
    [
        (b"GET / HTTP/1.1", [], True, False),
        (b"GET / HTTP/1.1", [b"Connection: keep-alive, Close"], False, False),
        (b"GET / HTTP/1.1", [b"Connection: close", b"connection: x"], False, False),
        (b"GET / HTTP/1.1", [b"Connection: closed"], True, False),
        (b"GET / HTTP/1.1", [b"Expect: 100-Continue"], True, True),
        (b"GET / HTTP/1.0", [b"Connection: keep-alive", b"Expect: 100-continue"], False, False),
    ],
)
def test_what_becomes_of_the_connection(line, fields, keeps, expects):
    found = said(*fields, line=line)
    assert (found.keeps, found.expects) == (keeps, expects)


LENGTH = [(b"content-length", b"5")]


@pytest.mark.parametrize(
    ("line", "status", "headers", "framing"),
    [
        (b"GET / HTTP/1.1", 200, LENGTH, Framing(left=5)),
        (b"GET / HTTP/1.1", 200, [], Framing(chunked=True)),
        (b"GET / HTTP/1.0", 200, [], Framing()),
        (b"HEAD / HTTP/1.1", 200, LENGTH, Framing(silent=True)),
        (b"GET / HTTP/1.1", 204, [], Framing(silent=True)),
        (b"GET / HTTP/1.1", 304, LENGTH, Framing(silent=True)),
    ],
)
def test_how_an_answer_is_written(line, status, headers, framing):
    assert framing_of(said(line=line), status, headers) == framing


def test_the_pieces_of_an_answer():
    chunks = Framing(chunked=True)
    assert chunks.piece(b"a" * 17, last=False) == b"11\r\n" + b"a" * 17 + b"\r\n"
    assert chunks.piece(b"", last=False) == b""
    assert chunks.piece(b"b", last=True) == b"1\r\nb\r\n0\r\n\r\n"
    assert Framing(silent=True).piece(b"a", last=True) == b""
    assert Framing().piece(b"a", last=True) == b"a"
    assert not Framing().ends


@pytest.mark.parametrize("pieces", [[b"abcdef"], [b"abc", b"def"], [b"abcd"], [b""]])
def test_another_length_than_was_told_is_no_answer(pieces):
    framing = Framing(left=5)
    with pytest.raises(ValueError, match="content-length"):
        for at, piece in enumerate(pieces):
            framing.piece(piece, last=at == len(pieces) - 1)


def test_the_head_of_an_answer():
    headers = [(b"content-type", b"text/plain")]
    assert head_of(200, headers, chunked=True, closes=False) == (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    assert head_of(529, [], chunked=False, closes=True) == (
        b"HTTP/1.1 529 \r\nconnection: close\r\n\r\n"
    )
    with pytest.raises(ValueError, match="name"):
        head_of(200, [(b"a: b\r\nc", b"d")], chunked=False, closes=False)
