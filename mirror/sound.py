"""For how long a client may be kept waiting, as far as that is known from the request alone."""

from __future__ import annotations

from mirror.routing import Asked
from policies.terms import Terms

LEAST_BYTES_A_SECOND = 500
"""No codec of speech that people record with needs less: 4 kbit/s."""


def at_most_s(upload_bytes: int) -> float:
    """The longest that a recording of so many bytes can be, in seconds."""
    return upload_bytes / LEAST_BYTES_A_SECOND


def too_long_s(terms: Terms, asked: Asked, *, begun: bool = False) -> float:
    """After how many seconds a client that leaves with nothing was kept waiting for too long; of an
    answer that has `begun`, after how many seconds of one silence.

    Never before the target of the latency gate: a stream's for its first token, of a begun one for
    the whole answer, a recording's by its length at most. Of a candidate that keeps that gate no
    more than its share of answers can be so late, so that no habit of clients opens its breaker.
    """
    gate = terms.gates.latency
    target_ms: float = gate.first_token_ms
    if begun or not asked.streaming:
        target_ms = gate.of_recording_ms(at_most_s(asked.upload_bytes or 0))
    return max(terms.breaker.abandoned_after_s, target_ms / 1000)
