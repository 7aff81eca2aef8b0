"""Which sessions a share gives to the candidate: a function of the session and a salt, and of nothing else."""

from __future__ import annotations

import hashlib
import math

from mirror.exchange import Side
from mirror.route_table import Standing

PLACES = 10_000


def bucket(salt: str, session: str) -> int:
    """A session's fixed place among 10,000, uniform over sessions and unrelated across salts."""
    digest = hashlib.sha256(f"{salt}\0{session}".encode()).digest()
    return int.from_bytes(digest[:8]) % PLACES


def within(percent: float, salt: str, session: str) -> bool:
    """Whether a session is among this percentage of all."""
    return bucket(salt, session) < percent * 100


def given_side(standing: Standing | None, session: str) -> Side:
    """The side that a standing's share gives a session to. A wider share never moves one back."""
    match standing:
        case Standing(stage="live"):
            return Side.CANDIDATE
        case Standing(stage="canary") if within(standing.share, standing.salt, session):
            return Side.CANDIDATE
        case _:
            return Side.PRIMARY


def part(percent: float) -> float:
    """The part of all sessions, in 0..1, that a share in percent comes to: whole places out of 10,000."""
    return min(PLACES, math.ceil(percent * 100)) / PLACES
