"""The two sides of an exchange: which reply is whose, who failed, and how long each took.

Legs are found by side, not by name: in canary and live the client's answer may be the candidate's
and the copy the primary's. Where the candidate failed and the primary answered the client instead,
the candidate's leg is that failed attempt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compare.comparison import Attribution
from mirror.exchange import Attempt, End, Leg, Reply, Side

LATE_US = 60_000_000
"""A copy that is sent later meets another load than the client's request did."""


@dataclass(frozen=True, slots=True)
class Legs:
    """Whose reply is whose. `candidate` is None where `failed_over` stands for it.

    `left`: the client left before its answer was whole, which then says nothing of what it would have been.
    """

    primary: Reply | None
    candidate: Reply | None
    reask: Reply | None
    failed_over: Attempt | None
    left: bool = False

    @property
    def lacks(self) -> str:
        """What the candidate lacks, for which it was not asked; empty where it was."""
        if self.failed_over is not None and self.failed_over.end is End.CAPABILITY_GAP:
            return "told when it was to be asked"
        if self.candidate is not None and self.candidate.end is End.CAPABILITY_GAP:
            return self.candidate.error or "not told"
        return ""

    @property
    def candidate_us(self) -> int | None:
        """How long the candidate took until its answer's, or its failure's, end.

        Where the client left, how long at least: of a body that had begun to come, until its first byte,
        for a client that reads slowly is no fault of the candidate's.
        """
        if self.lacks:
            return None
        if self.failed_over is not None:
            return self.failed_over.took_us
        if self.candidate is None:
            return None
        whole = not self.candidate.content_type.startswith("text/event-stream")
        if self.left and whole and self.candidate.first_byte_us is not None:
            return self.candidate.first_byte_us
        return self.candidate.total_us

    def times(self) -> dict[str, int | None]:
        """Microseconds of both sides, each from its own send, by the ledger's column names."""
        first = self.candidate.first_token_us if self.candidate else None
        return {
            "candidate_us": self.candidate_us,
            "candidate_first_token_us": first,
            "primary_us": self.primary.total_us if self.primary else None,
            "primary_first_token_us": self.primary.first_token_us if self.primary else None,
        }

    def attribution(self, *, primary: bool, candidate: bool, asked: bool) -> Attribution:
        """Who answered, given whether each side's reply is an answer; `asked`: the primary was to."""
        if self.lacks:
            return Attribution.CAPABILITY_GAP
        if not self.left:
            return attribute(primary=primary, candidate=candidate, asked=asked)
        # A candidate that had failed before its client left had its turn.
        return Attribution.CANDIDATE_FAILED if self.failed_over else Attribution.CLIENT_LEFT

    @property
    def copy_after_us(self) -> int | None:
        """How long after the client's request the other side's copy was sent; None without both."""
        found = {reply.leg: reply for reply in (self.primary, self.candidate) if reply}
        if Leg.SERVED not in found or Leg.SHADOW not in found:
            return None
        return found[Leg.SHADOW].sent_us - found[Leg.SERVED].sent_us

    @property
    def late(self) -> str:
        """The side whose copy was sent more than a minute after the client's; empty for none."""
        after_us = self.copy_after_us
        if after_us is None or after_us <= LATE_US:
            return ""
        copy = self.primary if self.primary and self.primary.leg is Leg.SHADOW else None
        return (Side.PRIMARY if copy else Side.CANDIDATE).value


def of(replies: Mapping[Leg, Reply]) -> Legs:
    """The legs of an exchange's replies; any of them may be missing."""
    served = replies.get(Leg.SERVED)
    attempts = served.failed_over if served else ()
    failed_over = next(filter(_asked_candidate, attempts), None)
    return Legs(
        primary=_side(replies, Side.PRIMARY),
        candidate=None if failed_over else _side(replies, Side.CANDIDATE),
        reask=replies.get(Leg.REASK),
        failed_over=failed_over,
        left=served is not None and served.end is End.CLIENT_ABORT,
    )


def _asked_candidate(tried: Attempt) -> bool:
    """A candidate that was full was not asked, and that is no failure of its: its copy speaks for it."""
    return tried.side is Side.CANDIDATE and tried.end is not End.AT_CAPACITY


def attribute(*, primary: bool, candidate: bool, asked: bool = True) -> Attribution:
    """Who answered, given whether each side did; `asked` says whether the primary was to."""
    if not asked:
        return Attribution.CANDIDATE_ALONE if candidate else Attribution.CANDIDATE_FAILED
    match primary, candidate:
        case True, True:
            return Attribution.BOTH_ANSWERED
        case True, False:
            return Attribution.CANDIDATE_FAILED
        case False, True:
            return Attribution.PRIMARY_FAILED
        case _:
            return Attribution.BOTH_FAILED


def _side(replies: Mapping[Leg, Reply], side: Side) -> Reply | None:
    for leg in (Leg.SERVED, Leg.SHADOW):
        reply = replies.get(leg)
        if reply is not None and reply.side is side:
            return reply
    return None
