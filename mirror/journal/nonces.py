"""Nonces of sealed texts: 96 random bits each, drawn from the system for many at once.

A draw by itself costs a request, whose caches hold nothing of it, half as much as its cipher. What is drawn and not used yet
is forgotten by a process that another forks, so that no two have the same; decision 0037 says why so few are drawn at once.
"""

from __future__ import annotations

import os

BYTES = 12
AT_ONCE = 64
_drawn: list[bytes] = []

os.register_at_fork(after_in_child=_drawn.clear)


def fresh() -> bytes:
    """12 random bytes that nobody else has. Any thread may ask."""
    while True:
        try:
            return _drawn.pop()
        except IndexError:
            many = os.urandom(BYTES * AT_ONCE)
            _drawn.extend(many[at : at + BYTES] for at in range(0, len(many), BYTES))
