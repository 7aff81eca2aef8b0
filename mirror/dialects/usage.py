"""How many tokens an answer says it used: found in its bytes, whole or streamed, without reading all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from json import JSONDecoder

_KEY = b'"usage"'
_NAMES = (("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens"))
_LONGEST = 4096  # of the object of counts
_MOST = 10**9
_decode = JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a request and of its answer."""

    input: int
    output: int


def usage_in(body: bytes | bytearray) -> Usage | None:
    """What the last `usage` of an answer tells; None where there is none that can be believed.

    Inside a text of the answer the key's quotes are escaped, so that no text is taken for it.
    """
    at = body.rfind(_KEY)
    if at < 0:
        return None
    rest = bytes(body[at + len(_KEY) : at + len(_KEY) + _LONGEST]).decode("utf-8", "replace")
    rest = rest.lstrip().removeprefix(":").lstrip()
    try:
        found, _ = _decode(rest)
    except (json.JSONDecodeError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    for asked, answered in _NAMES:
        if asked in found:
            counts = (
                found[asked],
                found.get(answered) or 0,
            )  # embeddings have no answer's tokens
            return Usage(*counts) if all(map(_believable, counts)) else None
    return None


def _believable(count: object) -> bool:
    return type(count) is int and 0 <= count < _MOST
