"""What is known of an exchange whose answers cannot be scored: who answered, and how fast."""

from __future__ import annotations

from compare import legs
from compare.canonical import Answer
from compare.comparison import SCORE_ERROR, Attribution, Comparison
from compare.performance import performance
from mirror.exchange import Reply, Side
from mirror.journal.exchanges import Exchange


def unscored(exchange: Exchange, comparators: str) -> Comparison:
    """The comparison of an exchange by its replies' ends alone; `comparators` names what could not read them."""
    accept, sides = exchange.accept, legs.of(exchange.replies)
    attribution = sides.attribution(
        primary=_answered(sides.primary),
        candidate=_answered(sides.candidate),
        asked=sides.primary is not None or not accept.reason,
    )
    if accept.reason and accept.serving is Side.PRIMARY:
        attribution = Attribution.NOT_COPIED
    return Comparison(
        exchange_id=accept.id,
        attribution=attribution,
        equivalence=None,
        noise_floor=None,
        missing=SCORE_ERROR,
        flags=(),
        signals={},
        performance=performance(sides, Answer(), Answer()),
        comparators=comparators,
        unpaired=accept.reason,
    )


def _answered(reply: Reply | None) -> bool:
    return reply is not None and reply.answered and not reply.other
