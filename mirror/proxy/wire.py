"""HTTP/1.1 requests as they come off the wire: only what can be read in one way is let through.

Servers that read the same bytes differently are how a request is smuggled past one of them, so the
bytes of all listeners come through here first, and our own listeners read them nowhere else.
Sans-io: bytes in, bytes out, untouched, each told for what it is. Stricter than RFC 9112 allows where no client of the OpenAI API needs more:
no chunk extensions, no trailers, no line folding, no absolute-form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from mirror.dialects import openai
from mirror.proxy.asgi import Refusal
from mirror.proxy.head import Framing, Malformed, framing_of, malformed, too_large
from policies.limits import Limits

# A connection that is closed with unread bytes is reset, and its last answer may be lost.
LINGER_S = 1.0
LINGER_BYTES = 16 << 20
"""Read meanwhile, and dropped; a client that sends more is not listening."""
_LONGEST_SIZE_LINE = 10  # 8 digits, CR and LF
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")
_BARE_LF = re.compile(rb"(?<!\r)\n")

type _State = Callable[[Wire, Passed, bytes, int], int]

TOO_SLOW = Refusal(
    408,
    "the request's line and headers did not arrive in time; send them at once",
    "invalid_request_error",
    "head_timeout",
)
TOO_MANY_CONNECTIONS = Refusal(
    429,
    "this address has too many connections open; reuse them, or raise"
    " `limits.connections_per_address` in the policy",
    "invalid_request_error",
    "too_many_connections",
    retry_after_s=5,
)


class Part(Enum):
    """What bytes of a request are."""

    HEAD = auto()  # all of its head, with the empty line
    CONTENT = auto()  # some of its body
    FRAMING = auto()  # around its chunks, or inside a tunnel
    END = auto()  # none: it is whole


@dataclass(slots=True)
class Passed:
    """What came of some bytes: the parts to hand on, and the refusal of what is behind them."""

    parts: list[tuple[Part, bytes]] = field(default_factory=list)
    refusal: Refusal | None = None

    @property
    def data(self) -> bytes:
        """All the parts as they came."""
        return b"".join([piece for _, piece in self.parts if piece])

    def add(self, part: Part, piece: bytes = b"") -> None:
        """Lets a part through."""
        self.parts.append((part, piece))


@dataclass(slots=True)
class Wire:
    """The requests of one connection. `connects` lets a CONNECT through, and all that follows it.

    `heads` counts the requests whose head was let through, `in_head` is true between requests and
    until a head is whole, and `begun` once any byte of one has come.
    """

    limits: Limits
    connects: bool = False
    heads: int = 0
    _held: bytearray = field(default_factory=bytearray)
    _left: int = 0
    _state: _State = field(init=False)
    _refused: bool = False

    def __post_init__(self) -> None:
        self._state = _head

    @property
    def in_head(self) -> bool:
        """Whether the next bytes belong to a request's head."""
        return self._state is _head

    @property
    def whole(self) -> int:
        """How many requests have come with the last byte of their body."""
        return self.heads if self.in_head else self.heads - 1

    @property
    def begun(self) -> bool:
        """Whether a head has begun and is not whole."""
        return self.in_head and bool(self._held)

    def close(self) -> None:
        """Lets nothing through any more."""
        self._refused = True
        self._held.clear()

    def feed(self, data: bytes) -> Passed:
        """Takes the next bytes. After a refusal nothing more is let through."""
        passed = Passed()
        if self._refused:
            return passed
        at = 0
        try:
            while at < len(data):
                at = self._state(self, passed, data, at)
        except Malformed as fault:
            self.close()
            passed.refusal = fault.refusal
        return passed


def response(refusal: Refusal) -> bytes:
    """A refusal as the bytes of a whole answer that ends its connection."""
    content = openai.error_body(refusal.message, refusal.kind, refusal.code)
    lines = [
        f"HTTP/1.1 {refusal.status} {_REASONS.get(refusal.status, 'Refused')}",
        "content-type: application/json",
        f"content-length: {len(content)}",
        "connection: close",
    ]
    if refusal.retry_after_s is not None:
        lines.append(f"retry-after: {refusal.retry_after_s}")
    if not refusal.retry:
        lines.append("x-should-retry: false")
    return "\r\n".join([*lines, "", ""]).encode() + content


_REASONS = {
    400: "Bad Request",
    408: "Request Timeout",
    414: "URI Too Long",
    417: "Expectation Failed",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    501: "Not Implemented",
    505: "HTTP Version Not Supported",
}


# The states: each takes bytes from an offset on, adds what may pass, and gives the offset behind it.


def _head(wire: Wire, passed: Passed, data: bytes, at: int) -> int:
    """Holds a head until it is whole and checked."""
    held, at = wire._held, _past_empty_lines(wire._held, data, at)
    before = len(held)
    held += data[at:] if at else data
    if held and not held[:1].isalpha() and held != b"\r":
        raise malformed(
            "this is no HTTP/1.1 request, or the one before it was longer than it said"
        )
    end = held.find(b"\r\n\r\n", max(0, before - 3))
    if _BARE_LF.search(held, max(0, before - 1), end if end >= 0 else len(held)):
        raise malformed("a line of the head ends with LF alone; it must be CR LF")
    size = end + 4 if end >= 0 else len(held)
    if size > wire.limits.head_bytes:
        raise too_large(f"the request's head is longer than {wire.limits.head_bytes} bytes")
    if end < 0:
        return len(data)
    head = bytes(held[:size])
    held.clear()
    wire._state, wire._left = _behind(framing_of(head, wire.limits, connects=wire.connects))
    wire.heads += 1
    passed.add(Part.HEAD, head)
    if wire.in_head:
        passed.add(Part.END)
    return at + size - before


def _past_empty_lines(held: bytearray, data: bytes, at: int) -> int:
    """Where a head begins: empty lines may stand before it (RFC 9112, section 2.2), even in halves."""
    if held == b"\r" and data.startswith(b"\n", at):
        held.clear()
        at += 1
    if not held:
        while data.startswith(b"\r\n", at):
            at += 2
    return at


def _behind(framing: Framing) -> tuple[_State, int]:
    """The state behind a head."""
    if framing.tunnel:
        return _tunnel, 0
    if framing.chunked:
        return _chunk_size, 0
    return (_length_body, framing.length) if framing.length else (_head, 0)


def _length_body(wire: Wire, passed: Passed, data: bytes, at: int) -> int:
    piece = data[at : at + wire._left] if at or wire._left < len(data) else data
    passed.add(Part.CONTENT, piece)
    wire._left -= len(piece)
    if not wire._left:
        wire._state = _head
        passed.add(Part.END)
    return at + len(piece)


def _chunk_size(wire: Wire, passed: Passed, data: bytes, at: int) -> int:
    line, at = _until_crlf(wire, data, at)
    if line is None:
        return at
    if not _SIZE.fullmatch(line, 0, len(line) - 2):
        raise malformed("a chunk's size must be up to 8 hexadecimal digits and nothing else")
    passed.add(Part.FRAMING, line)
    wire._left = int(line[:-2], 16)
    wire._state = _chunk_data if wire._left else _last_chunk
    return at


def _chunk_data(wire: Wire, passed: Passed, data: bytes, at: int) -> int:
    piece = data[at : at + wire._left]
    passed.add(Part.CONTENT, piece)
    wire._left -= len(piece)
    if not wire._left:
        wire._state = _chunk_end
    return at + len(piece)


def _chunk_end(wire: Wire, passed: Passed, data: bytes, at: int) -> int:
    end, at = _crlf(wire, data, at, "a chunk is longer than its size says")
    if end:
        passed.add(Part.FRAMING, end)
        wire._state = _chunk_size
    return at


def _last_chunk(wire: Wire, passed: Passed, data: bytes, at: int) -> int:
    end, at = _crlf(wire, data, at, "trailers are not read; send them as headers")
    if end:
        passed.add(Part.FRAMING, end)
        passed.add(Part.END)
        wire._state = _head
    return at


def _tunnel(wire: Wire, passed: Passed, data: bytes, at: int) -> int:
    """Behind a CONNECT: what is inside is looked at there."""
    passed.add(Part.FRAMING, data[at:])
    return len(data)


def _crlf(wire: Wire, data: bytes, at: int, otherwise: str) -> tuple[bytes, int]:
    """Exactly CR LF; empty while half of it is there."""
    need = 2 - len(wire._held)
    wire._held += data[at : at + need]
    if not b"\r\n".startswith(wire._held):
        raise malformed(otherwise)
    if len(wire._held) < 2:
        return b"", len(data)
    wire._held.clear()
    return b"\r\n", at + need


def _until_crlf(wire: Wire, data: bytes, at: int) -> tuple[bytes | None, int]:
    """A chunk's size line with its end; None while it is not whole."""
    before = len(wire._held)
    wire._held += data[at : at + _LONGEST_SIZE_LINE - before]
    end = wire._held.find(b"\n")
    if end < 0:
        if len(wire._held) >= _LONGEST_SIZE_LINE:
            raise malformed(
                "a chunk's size must be up to 8 hexadecimal digits and nothing else"
            )
        return None, len(data)
    line = bytes(wire._held[: end + 1])
    wire._held.clear()
    if not line.endswith(b"\r\n"):
        raise malformed("a chunk's size line ends with LF alone; it must be CR LF")
    return line, at + len(line) - before
