"""What there is to compare of an exchange: both answers as text, who failed, and how long they took."""

from __future__ import annotations

from dataclasses import dataclass, field

from compare import answer, legs
from compare.answer import Answer
from compare.comparators.protocol import empty, protocol
from compare.comparison import Attribution, Finding, Pair, Performance
from mirror.exchange import Reply
from mirror.journal.exchanges import Exchange


@dataclass(frozen=True, slots=True)
class Case:
    """One exchange to score. `reask` is the primary's second answer, where it was asked and gave one.

    `found` is what the replies themselves showed, before any word of them was compared.
    """

    id: str
    pair: Pair
    reask: str | None = None
    attribution: Attribution = Attribution.BOTH_ANSWERED
    found: Finding = field(default_factory=Finding)
    performance: Performance = field(default_factory=Performance)


def of(exchange: Exchange) -> Case:
    """The case of an exchange whose legs are all in."""
    sides = legs.of(exchange.replies)
    primary, candidate = _read(sides.primary), _read(sides.candidate)
    again = _read(sides.reask)
    attribution = legs.attribute(
        primary=_answered(sides.primary, primary),
        candidate=_answered(sides.candidate, candidate),
    )
    return Case(
        id=exchange.accept.id,
        pair=Pair(
            route=exchange.accept.route,
            prompt=answer.request_prompt(exchange.accept),
            primary=primary.said,
            candidate=candidate.said,
        ),
        reask=again.said if _answered(sides.reask, again) and again.said.strip() else None,
        attribution=attribution,
        found=protocol(sides, attribution, primary=primary, candidate=candidate),
        performance=sides.performance(),
    )


def _read(reply: Reply | None) -> Answer:
    return answer.read(reply) if reply is not None else Answer()


def _answered(reply: Reply | None, said: Answer) -> bool:
    return reply is not None and reply.answered and not said.problem


def of_texts(id: str, pair: Pair, reask: str | None = None) -> Case:
    """The case of two answers whose replies nobody kept: texts are all there is to judge."""
    primary, candidate = Answer(text=pair.primary), Answer(text=pair.candidate)
    return Case(
        id=id,
        pair=pair,
        reask=reask if reask and reask.strip() else None,
        found=Finding(flags=empty(primary=primary, candidate=candidate)),
    )
