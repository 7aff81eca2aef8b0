"""Which pairs of answers people read: the worst by their flags, and others by a lot that can be drawn again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from heapq import heappop, heappush, heappushpop

type _Badness = tuple[int, int, float, str]


class Why(StrEnum):
    """Why a pair was drawn."""

    WORST = "worst"  # by its flags, then by how little the answers agree
    RANDOM = "random"


@dataclass(frozen=True, slots=True, order=True)
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


@dataclass(frozen=True, slots=True)
class Lots:
    """What was drawn, out of `of` pairs, by the lots of `seed`."""

    seed: str
    of: int
    drawn: tuple[Drawn, ...]


def lots(pairs: Iterable[Candidate], many: int, seed: str) -> Lots:
    """So many pairs, half of them the worst, in an order that tells nobody which; fewer where there are fewer.

    A pair's lot is the SHA-256 of the seed and its exchange's id, so that anybody who has the seed
    draws the same, in whatever order the pairs come. No more of them are kept than are drawn.
    """
    half = many // 2
    worst: list[tuple[_Badness, Candidate]] = []  # the mildest of them first
    rest: list[tuple[int, Candidate]] = []  # the highest lot first
    of = 0
    for one in pairs:
        of += 1
        mildest = one
        if half:
            entry = (_badness(one), one)
            if len(worst) < half:
                heappush(worst, entry)
                continue
            mildest = heappushpop(worst, entry)[1]
        heappush(rest, (-int(_lot(mildest, seed), 16), mildest))
        if len(rest) > many - half:
            heappop(rest)
    drawn = [(one, Why.WORST) for _, one in worst] + [(one, Why.RANDOM) for _, one in rest]
    drawn.sort(key=lambda one: _lot(one[0], f"{seed}/order"))  # other lots than chose them
    return Lots(seed, of, tuple([Drawn(one.exchange_id, why) for one, why in drawn]))


def _badness(one: Candidate) -> _Badness:
    agreement = 1.0 if one.agreement is None else one.agreement
    return one.fails, one.reviews, -agreement, one.exchange_id


def _lot(one: Candidate, seed: str) -> str:
    return hashlib.sha256(f"{seed}/{one.exchange_id}".encode()).hexdigest()
