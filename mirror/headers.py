"""Headers by name, which of a client's an upstream is told of, and which of those can be written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

type RawHeaders = Iterable[tuple[bytes, bytes]]

# What an upstream is told of the client's request. Everything else stays here: cookies, forwarding
# headers and whatever an app's own proxies add could name a patient or carry a credential.
ALLOWED = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "content-encoding",
        "content-type",
        "idempotency-key",
        "openai-beta",
        "traceparent",
        "tracestate",
        "user-agent",
        "x-crossfade-copy",
        "x-request-id",
    }
)
# RFC 9110, section 5.5: no control character but the tab is part of a field value.
CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def header_map(headers: RawHeaders) -> dict[str, str]:
    """Headers by lower-case name; the first of a name counts."""
    found: dict[str, str] = {}
    for name, value in headers:
        found.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return found


def recordable(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that may be sent to an upstream and kept on disk; never a credential."""
    return {
        name: value
        for name, value in headers.items()
        if name in ALLOWED or name.startswith("x-stainless-")
    }


def sendable(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    """Headers as they go out, byte for byte as they came in; values stand for bytes, as Latin-1.

    Left out are values with control characters, and those that are not UTF-8: the HTTP client can
    write no other bytes beyond ASCII, and a changed value would be worse than none.
    """
    found = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    return {name: value for name, value in found.items() if _is_text(value)}


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return CONTROLS.search(value) is None
