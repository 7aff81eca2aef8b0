"""Which pairs of answers people read: the worst by their flags, and others by a lot that can be drawn again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """Why a pair was drawn."""

    WORST = "worst"  # by its flags, then by how little the answers agree
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair that may be drawn. `fails` and `reviews` count its flags; `agreement` is 0 to 1, None for no score."""

    exchange_id: str
    fails: int
    reviews: int
    agreement: float | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A pair that was drawn, by its exchange."""

    exchange_id: str
    why: Why


def draw(pairs: Iterable[Candidate], many: int, seed: str) -> tuple[Drawn, ...]:
    """So many pairs, half of them the worst, in an order that tells nobody which; fewer where there are fewer.

    A pair's lot is the SHA-256 of the seed and its exchange's id, so that anybody who has the seed
    draws the same, in whatever order the pairs come.
    """
    known = sorted(pairs, key=_badness, reverse=True)
    worst = known[: many // 2]
    rest = sorted(known[many // 2 :], key=lambda one: _lot(one, seed))
    drawn = [(one, Why.WORST) for one in worst]
    drawn += [(one, Why.RANDOM) for one in rest[: many - len(worst)]]
    drawn.sort(key=lambda one: _lot(one[0], f"{seed}/order"))  # other lots than chose them
    return tuple([Drawn(one.exchange_id, why) for one, why in drawn])


def _badness(one: Candidate) -> tuple[int, int, float, str]:
    agreement = 1.0 if one.agreement is None else one.agreement
    return one.fails, one.reviews, -agreement, one.exchange_id


def _lot(one: Candidate, seed: str) -> str:
    return hashlib.sha256(f"{seed}/{one.exchange_id}".encode()).hexdigest()
