"""Exchanges whose other side is not asked: what is known of them, and where they end.

One that the candidate answered waits, as any other, until the answer was looked at, and then stands in the ledger where
it would have stood at once: its reason is told from the start. Its answer speaks for errors, for
speed and for what shows without another answer beside it; of agreement it says nothing.
"""

from __future__ import annotations

from mirror.exchange import Outcome

SAMPLING = "sampling"  # the policy's share of reverse copies left its session out
BUDGET = "budget"  # the day's money for copies is spent
NO_PERMITTED_SIDE = "no_permitted_side"  # the primary is in a cloud that the tenant forbids
CREDENTIAL_FORWARDED = "credential_forwarded"  # the primary wants the client's own key

CLIENT_ABORT = "client_abort"  # the client left before its answer was whole
DRAINED = "drained"  # people took the primary out for a while
BACKLOG = "backlog"  # too many copies waited
SHADOW_LOST = "shadow_lost"  # its copy ended with a sender that died, again and again

OURS = frozenset({BACKLOG, SHADOW_LOST})
"""Why a copy was not sent that ought to have been: nobody planned it, and it comes when much is to be done.

In mirror such an exchange is looked at too, as one of which nothing is known: what is missing like this could
have spoken against the candidate.
"""

_OUTCOMES = {
    SAMPLING: Outcome.UNSAMPLED,
    BUDGET: Outcome.UNSAMPLED,
    BACKLOG: Outcome.SHED,
    SHADOW_LOST: Outcome.FAILED,
}


def outcome(reason: str) -> Outcome:
    """Where an exchange that waited with this reason ends, once its answer was looked at."""
    return _OUTCOMES.get(reason, Outcome.EXCLUDED)
