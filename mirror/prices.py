"""What one answer costs, counted from what it says it used; estimated where it does not say.

Amounts are whole millionths of a currency. An estimate is on the high side: every four bytes of a
request or of an answer count as a token, a stream's events as one each, and a recording as long as
it would be at 8 kB a second.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from mirror.dialects.coding import CodingBroken, decoded
from mirror.dialects.usage import Usage, usage_in
from mirror.exchange import UNSENT, Accept, End, Reply
from policies.price_list import Tariff

_TOKEN_BYTES = 4
_SECOND_BYTES = 8_000  # 64 kbit/s, of recordings of speech
_SECONDS = re.compile(rb'"(?:duration|seconds)"\s*:\s*"?([0-9]{1,6}(?:\.[0-9]+)?)')
_AUDIO = "audio"
_EVENT = b"data:"


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer cost, and whether that is an estimate."""

    millionths: int
    estimated: bool = False


def cost(tariff: Tariff, accept: Accept, reply: Reply) -> Cost:
    """Of one leg. What was never sent, and what was refused, costs nothing."""
    if tariff.free or reply.end in UNSENT or reply.end is End.CONNECT:
        return Cost(0)
    if reply.status is not None and reply.status >= 400:
        return Cost(0)
    body = _plain(reply)
    tokens, guessed = _tokens(accept, reply, body)
    price = tariff.price
    charged = tokens.input * price.input + tokens.output * price.output
    by_token = guessed and bool(price.input or price.output)
    if not price.audio_minute or accept.route != _AUDIO:
        return Cost(_whole(charged), by_token)
    seconds, assumed = _seconds(accept, body)
    charged += seconds / 60 * price.audio_minute * 1_000_000
    return Cost(_whole(charged), by_token or assumed)


def _whole(charged: float) -> int:
    return math.ceil(round(charged, 3))  # rounded first: 9,000.0000001 is 9,000


def _plain(reply: Reply) -> bytes:
    try:
        return decoded(reply.body, reply.content_encoding)
    except CodingBroken:
        return b""


def _tokens(accept: Accept, reply: Reply, body: bytes) -> tuple[Usage, bool]:
    told = usage_in(body)
    if told is not None:
        return told, False
    asked = math.ceil(_length(accept) / _TOKEN_BYTES)
    events = body.count(_EVENT)
    answered = events if events > 1 else math.ceil(len(body) / _TOKEN_BYTES)
    return Usage(asked, answered), True


def _seconds(accept: Accept, body: bytes) -> tuple[float, bool]:
    """How long a recording is: as its transcript says, else by its size."""
    found = _SECONDS.search(body)
    if found:
        return float(found[1]), False
    return _length(accept) / _SECOND_BYTES, True


def _length(accept: Accept) -> int:
    return accept.large.length if accept.large is not None else len(accept.body)
