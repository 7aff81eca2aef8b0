"""Seconds from the first bad answer to a rollback by evidence alone: 60 conversations a minute after a good quarter of an hour.

No breaker, no chance: every answer is good until it is bad, and what decides is looked at each second. Conversations
are of one exchange, or of five, one each ten seconds. The policy's default setting, the first canary step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.rollouts import rows
from bench.rollouts.rows import Row
from compare.comparison import Attribution
from cutover.evidence.gates import Basis, Rules, log_roll_back_at
from cutover.evidence.sessions import SECOND_US
from cutover.evidence.tally import Account
from cutover.stages import Stage
from mirror.exchange import Side
from policies.policy import Terms

GOOD_S = 900
MOST_S = 1_200
BETWEEN_S = 10
SCORED_US = 500_000

BAD = {
    "outage": "every answer fails",
    "flagged": "every answer has a flag of severity fail",
    "slow": "every answer is over the target",
}


@dataclass(frozen=True)
class Asked:
    """One exchange that was compared half a second after it was accepted, asked again like all of the burst."""

    exchange_id: str
    session: str
    accepted_us: int
    bad: str
    attribution: str = Attribution.BOTH_ANSWERED.value
    equivalence: float | None = 0.9
    noise_floor: float | None = 0.9
    fail_codes: tuple[str, ...] = ()
    candidate_us: int | None = 500_000
    serving: str = Side.CANDIDATE.value
    streaming: bool = False
    resent: bool = False
    candidate_first_token_us: int | None = None
    primary_us: int | None = 500_000
    primary_first_token_us: int | None = None
    signals: dict[str, float] = field(default_factory=dict)
    late: str = ""
    unpaired: str = ""
    comparators: str = "bench"

    @property
    def at_us(self) -> int:
        """When it was compared."""
        return self.accepted_us + SCORED_US

    @property
    def recorded_key(self) -> str:
        """Every prompt is another."""
        return self.exchange_id


def _asked(second: int, place: int, bad: str) -> Asked:
    at_us = (second + place * BETWEEN_S) * SECOND_US
    known = (f"{at_us:020}-{second}", f"s{second}", at_us, bad)
    match bad:
        case "outage":
            return Asked(*known, Attribution.CANDIDATE_FAILED.value, None, candidate_us=None)
        case "flagged":
            return Asked(*known, fail_codes=("DOSE",))
        case "slow":
            return Asked(*known, candidate_us=9_000_000)
    return Asked(*known)


def seconds(bad: str, exchanges: int) -> float:
    """How long it takes; infinite where it is not seen within MOST_S."""
    rules = Rules(Terms(), Basis.NOISE)
    every = []
    for second in range(GOOD_S + MOST_S):
        for place in range(exchanges):
            turned = second + place * BETWEEN_S >= GOOD_S
            every.append(_asked(second, place, bad if turned else ""))
    every.sort(key=lambda one: one.at_us)
    account = Account.begin(rules, Stage.CANARY)
    needed = log_roll_back_at(rules.terms, Stage.CANARY, 1)
    taken = 0
    for now_s in range(GOOD_S, GOOD_S + MOST_S):
        now_us, begin = now_s * SECOND_US, taken
        while taken < len(every) and every[taken].at_us <= now_us:
            taken += 1
        account.take(every[begin:taken])
        waiting = [
            (one.session, one.accepted_us)
            for one in every[taken : taken + 200]
            if one.accepted_us <= now_us
        ]
        if account.look(waiting, now_us).worse.log_harm >= needed:
            return float(now_s - GOOD_S)
    return math.inf


def found() -> Iterator[Row]:
    """The rows."""
    for bad, what in BAD.items():
        for exchanges, many in {1: "one exchange", 5: "five exchanges"}.items():
            value = seconds(bad, exchanges)
            note = (
                f"{what}, 60 conversations of {many} a minute; evidence alone, the first step"
            )
            name = f"{bad}_seconds_{'one' if exchanges == 1 else 'five'}_exchange"
            row = rows.row(name, value, "s", None, (value, value), note)
            yield {key: value for key, value in row.items() if key not in ("low", "high")}
