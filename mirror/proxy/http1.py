"""What a request's head says, and how the bytes of its answer are written. Pure: values in, bytes out.

Sources: RFC 9112, sections 6, 7.1 and 9.3; RFC 9110, section 6.4.1 (answers that have no body).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

type Headers = list[tuple[bytes, bytes]]

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LINES = {
    status: b"HTTP/1.1 %d %b\r\n" % (status, phrase.encode())
    for status, phrase in {
        **dict.fromkeys(range(200, 600), ""),
        **{known.value: known.phrase for known in HTTPStatus},
    }.items()
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head. Header names are lower case, the target is as it came, cut at its `?`.

    `keeps` says that the connection may be used again, `expects` that the client waits for a 100
    before it sends the body.
    """

    method: str
    version: str
    path: bytes
    query: bytes
    headers: Headers
    keeps: bool
    expects: bool


def request_of(head: bytes) -> Request:
    """What a head says that `Wire` let through."""
    line, *fields = head[:-4].split(b"\r\n")
    method, target, protocol = line.split(b" ")
    path, _, query = target.partition(b"?")
    current = protocol == b"HTTP/1.1"
    headers: Headers = []
    keeps, expects = current, False
    for field in fields:
        name, _, value = field.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        headers.append((name, value))
        if name == b"connection":
            keeps = keeps and b"close" not in _tokens(value)
        elif name == b"expect":
            expects = current
    return Request(method.decode(), protocol[5:].decode(), path, query, headers, keeps, expects)


def _tokens(value: bytes) -> list[bytes]:
    return [token.strip().lower() for token in value.split(b",")]


@dataclass(slots=True)
class Framing:
    """How an answer's body is written: `left` bytes more, in chunks, or, with neither, until the
    connection ends. A `silent` answer has none, whatever it says of its length.
    """

    left: int | None = None
    chunked: bool = False
    silent: bool = False

    @property
    def ends(self) -> bool:
        """Whether the client sees the answer's end without that of the connection."""
        return self.chunked or self.silent or self.left is not None

    def piece(self, content: bytes, *, last: bool) -> bytes:
        """The next part of the body as it is written. Raises ValueError for another length than told."""
        if self.silent:
            return b""
        if self.chunked:
            chunk = b"%x\r\n%b\r\n" % (len(content), content) if content else b""
            return chunk + b"0\r\n\r\n" if last else chunk
        if self.left is not None:
            self.left -= len(content)
            if self.left < 0 or (last and self.left):
                raise ValueError("the answer is not as long as its content-length says")
        return content


def framing_of(request: Request, status: int, headers: Headers) -> Framing:
    """How the body of an answer with this head is written. Raises ValueError for a length that is none."""
    if request.method == "HEAD" or status in (204, 304):
        return Framing(silent=True)
    length = next((value for name, value in headers if name == b"content-length"), None)
    if length is not None:
        return Framing(left=int(length))
    return Framing(chunked=request.version == "1.1")


def head_of(status: int, headers: Headers, *, chunked: bool, closes: bool) -> bytes:
    """An answer's head. Raises ValueError for a header's name that is none."""
    parts = [_LINES[status]]
    for name, value in headers:
        if not _NAME.fullmatch(name):
            raise ValueError("the answer has a header whose name is none")
        parts.append(b"%b: %b\r\n" % (name, value))
    if chunked:
        parts.append(b"transfer-encoding: chunked\r\n")
    if closes:
        parts.append(b"connection: close\r\n")
    parts.append(b"\r\n")
    return b"".join(parts)
