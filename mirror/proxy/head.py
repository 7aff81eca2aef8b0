"""What the head of an HTTP/1.1 request says about itself: read strictly, or refused with a reason.

Stricter than RFC 9112 allows where no client of the OpenAI API needs more. Pure: bytes in, values out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mirror.proxy.asgi import Refusal
from policies.limits import Limits

_METHODS = frozenset((b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS"))
_LONGEST_TARGET = 8192
_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}) ([\x21-\x7e]+) HTTP/([0-9]\.[0-9])")
# RFC 9110, section 5.5, and RFC 9112, section 5: a name is a token right before its colon; a value
# has no control character but the tab.
_FIELDS = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*")
_FRAMING = re.compile(
    rb"^(host|content-length|transfer-encoding|expect|authorization|x-crossfade-tenant):"
    rb"[ \t]*([^\r]*?)[ \t]*\r$",
    re.IGNORECASE | re.MULTILINE,
)
# Who asks. Where two say so, an app's own proxy may have added one behind its client's.
_ONCE = (b"authorization", b"x-crossfade-tenant")
_HOST = re.compile(rb"[A-Za-z0-9._\-]*(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
_AUTHORITY = re.compile(rb"([A-Za-z0-9._\-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")
_LENGTH = re.compile(rb"[0-9]{1,15}")


class Malformed(Exception):
    """Bytes that are refused. `refusal` is what their sender is told."""

    def __init__(self, refusal: Refusal) -> None:
        """Keeps the refusal."""
        super().__init__(refusal.message)
        self.refusal = refusal


def malformed(message: str, status: int = 400, code: str = "malformed_request") -> Malformed:
    """A refusal of bytes; the same request again would be refused again."""
    return Malformed(Refusal(status, message, "invalid_request_error", code, retry=False))


_NO_PROXY = (
    "this is no proxy for plain HTTP: ask for a path, as in POST /v1/chat/completions, or use"
    " https:// addresses, which reach a proxy by CONNECT"
)


@dataclass(frozen=True, slots=True)
class Framing:
    """How the bytes behind a head are read: `length` of them, as chunks, or as a tunnel's."""

    length: int = 0
    chunked: bool = False
    tunnel: bool = False


_NOTHING = Framing()
_CHUNKS = Framing(chunked=True)
_TUNNEL = Framing(tunnel=True)


def framing_of(head: bytes, limits: Limits, *, connects: bool = False) -> Framing:
    """Checks a whole head, with its empty line. `connects` allows a CONNECT. Raises Malformed."""
    line, _, fields = head.partition(b"\r\n")
    method, version = _request_line(line, connects)
    if fields.count(b"\r\n") - 1 > limits.header_fields:
        raise too_large(f"the request has more than {limits.header_fields} headers")
    if not _FIELDS.fullmatch(fields, 0, len(fields) - 2):
        raise malformed(
            "a header is not `name: value` on one line, without control characters and without"
            " space before the colon"
        )
    told: dict[bytes, list[bytes]] = {}
    for name, value in _FRAMING.findall(fields):
        told.setdefault(name.lower(), []).append(value)
    _check_host(told.get(b"host", []), version)
    if any(len(told.get(name, ())) > 1 for name in _ONCE):
        raise malformed("Authorization and x-crossfade-tenant say who asks, each once at most")
    if any(value.lower() != b"100-continue" for value in told.get(b"expect", [])):
        raise malformed("the only expectation that is met is 100-continue", 417)
    if method == b"CONNECT":
        return _TUNNEL
    if version == b"1.0" and b"transfer-encoding" in told:
        raise malformed("HTTP/1.0 has no Transfer-Encoding")
    return _body(told.get(b"content-length", []), told.get(b"transfer-encoding", []))


def _request_line(line: bytes, connects: bool) -> tuple[bytes, bytes]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise malformed("the first line is not `METHOD /path HTTP/1.1`")
    method, target, version = found.groups()
    if version not in (b"1.1", b"1.0"):
        raise malformed(f"HTTP/{version.decode()} is not spoken here on this connection", 505)
    if method == b"CONNECT" and connects:
        if not _AUTHORITY.fullmatch(target):
            raise malformed("CONNECT needs host:port")
        return method, version
    if method not in _METHODS:
        raise malformed("this method is not known here", 501)
    _check_target(target)
    return method, version


def _check_target(target: bytes) -> None:
    if b"://" in target and not target.startswith(b"/"):
        raise malformed(_NO_PROXY, code="absolute_form")
    if not target.startswith(b"/"):
        raise malformed("the target must be a path that starts with /")
    if len(target) > _LONGEST_TARGET:
        raise malformed(f"the path and query are longer than {_LONGEST_TARGET} bytes", 414)


def _check_host(hosts: list[bytes], version: bytes) -> None:
    if len(hosts) > 1 or (not hosts and version == b"1.1"):
        raise malformed("a request has exactly one Host header")
    if hosts and not _HOST.fullmatch(hosts[0]):
        raise malformed("the Host header is not a host and port")


def _body(lengths: list[bytes], codings: list[bytes]) -> Framing:
    if lengths and codings:
        raise malformed("Content-Length and Transfer-Encoding exclude each other")
    if codings:
        if len(codings) > 1 or codings[0].lower() != b"chunked":
            raise malformed("the only transfer coding is `chunked`, given once")
        return _CHUNKS
    if not lengths:
        return _NOTHING
    if len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0]):
        raise malformed("Content-Length must be given once, in decimal digits")
    return Framing(int(lengths[0]))


def too_large(message: str) -> Malformed:
    """The refusal of a head that is too much."""
    return malformed(message, 431, "head_too_large")
