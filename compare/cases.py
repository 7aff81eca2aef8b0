"""What there is to compare of an exchange: both answers as text, who failed, and how long they took."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from compare import answer, kinds, legs
from compare.asked import Asked
from compare.canonical import Answer
from compare.comparators import structured, vision
from compare.comparators.legible import wordless
from compare.comparators.protocol import empty, protocol
from compare.comparison import Attribution, Finding, Flag, Pair, Performance, Severity
from compare.dialects import transcriptions
from compare.kinds import Kind
from compare.legs import Legs
from compare.performance import performance
from compare.sides import Sides
from mirror.exchange import Accept, Reply, Side
from mirror.journal.exchanges import Exchange
from mirror.sound import at_most_s

LONGEST_ANSWER = 20_000
LONGEST_PROMPT = 200_000
"""Characters compared. A batch of the longest answers is scored well within a worker's lease."""

_UNREADABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Case:
    """One exchange to score. `reask` is the primary's second answer, where it was asked and gave one.

    `pair` and `reask` are the answers' words, of bounded length; `sides` and `again` the same answers
    whole, which `kind` compares. `found` is what the replies themselves showed, before any word of
    them was compared. `unread` says why there are no words, where nothing here reads such answers,
    `unpaired` why the primary was not asked.
    """

    id: str
    pair: Pair
    reask: str | None = None
    attribution: Attribution = Attribution.BOTH_ANSWERED
    found: Finding = field(default_factory=Finding)
    performance: Performance = field(default_factory=Performance)
    unread: str = ""
    sides: Sides | None = None
    again: Answer | None = None
    kind: Kind = kinds.TEXT
    tenant: str = ""
    unpaired: str = ""

    @property
    def alone(self) -> str:
        """Why only one side was asked, with which that was; empty where both were."""
        if not self.unpaired:
            return ""
        not_copied = self.attribution is Attribution.NOT_COPIED
        return f"{self.attribution.value if not_copied else 'unpaired'}:{self.unpaired}"

    @property
    def words_owed(self) -> bool:
        """Whether the primary answered in words and of the candidate's there are none."""
        if not self.kind.words or self.unread or not self.pair.primary.strip():
            return False
        empty = (
            self.attribution is Attribution.BOTH_ANSWERED and not self.pair.candidate.strip()
        )
        return empty or self.attribution is Attribution.CANDIDATE_FAILED


def of(exchange: Exchange) -> Case:
    """The case of an exchange whose legs are all in."""
    accept = exchange.accept
    dialect = answer.dialect_name(accept)
    sides = legs.of(exchange.replies)
    asked = answer.asked(accept)
    case = of_legs(accept.id, accept.route, dialect, asked, sides, unpaired=accept.reason)
    case = replace(case, tenant=accept.tenant, unpaired=accept.reason)
    if accept.reason and accept.serving is Side.PRIMARY:
        return replace(case, attribution=Attribution.NOT_COPIED, found=Finding())
    if case.attribution is not Attribution.CLIENT_LEFT or not _is_recording(accept):
        return case
    length = accept.large.length if accept.large else len(accept.body)
    longest = Finding({"audio_at_most_s": at_most_s(length)}, case.found.flags)
    return replace(case, found=longest)


def _is_recording(accept: Accept) -> bool:
    return accept.headers.get("content-type", "").lower().startswith("multipart/")


def of_legs(
    id: str, route: str, dialect: str, asked: Asked, sides: Legs, *, unpaired: str = ""
) -> Case:
    """The case of a request and both sides' replies to it, whose bodies are in a dialect."""
    # Where the primary took over, it answered, whatever was planned.
    wanted = sides.primary is not None or not unpaired
    if dialect not in answer.READ:
        return _unread(id, route, dialect, sides, wanted=wanted)
    primary, candidate, again = (
        answer.read(reply, dialect) if reply is not None else Answer()
        for reply in (sides.primary, sides.candidate, sides.reask)
    )
    attribution = sides.attribution(
        primary=_answered(sides.primary, primary),
        candidate=_answered(sides.candidate, candidate),
        asked=wanted,
    )
    both = Sides(route, dialect, asked, primary, candidate)
    found = protocol(sides, attribution, primary=primary, candidate=candidate)
    if attribution is Attribution.CANDIDATE_FAILED:
        owed = structured.owed(both) if kinds.of(both) is kinds.STRUCTURED else {}
        found = Finding(found.signals | owed, found.flags + vision.gaps(both, sides))
    return _of_sides(
        id,
        both,
        again if _answered(sides.reask, again) else None,
        attribution=attribution,
        found=found,
        performance=performance(sides, primary, candidate),
    )


def _of_sides(id: str, sides: Sides, again: Answer | None, **known: Any) -> Case:
    pair = Pair(
        route=sides.route,
        prompt=sides.asked.prompt,
        primary=sides.primary.said,
        candidate=sides.candidate.said,
    )
    case = Case(
        id,
        pair,
        again.said if again else None,
        sides=sides,
        again=again,
        kind=kinds.of(sides),
        **known,
    )
    return _bounded(case)


def _unread(id: str, route: str, dialect: str, sides: Legs, *, wanted: bool) -> Case:
    """Who answered and how fast is known of any dialect; what they said is not."""
    nothing = Answer()
    attribution = sides.attribution(
        primary=_answered(sides.primary, nothing),
        candidate=_answered(sides.candidate, nothing),
        asked=wanted,
    )
    return Case(
        id=id,
        pair=Pair(route, "", "", ""),
        attribution=attribution,
        found=protocol(sides, attribution, primary=nothing, candidate=nothing),
        performance=performance(sides, nothing, nothing),
        unread=f"no_comparator:{dialect or 'unknown'}",
    )


def of_texts(id: str, pair: Pair, reask: str | None = None) -> Case:
    """The case of two answers whose replies nobody kept: texts are all there is to judge."""
    read = transcriptions.of_text if pair.route == "audio" else Answer
    primary, candidate = read(pair.primary), read(pair.candidate)
    sides = Sides(pair.route, "", Asked(pair.prompt), primary, candidate)
    found = Finding(flags=empty(primary=primary, candidate=candidate))
    return _of_sides(id, sides, None if reask is None else read(reask), found=found)


def _bounded(case: Case) -> Case:
    """The case with texts that can be compared in bounded time; a flag says where one was cut."""
    pair = case.pair
    texts = Pair(
        route=pair.route,
        prompt=_clean(pair.prompt, LONGEST_PROMPT),
        primary=_clean(pair.primary, LONGEST_ANSWER),
        candidate=_clean(pair.candidate, LONGEST_ANSWER),
    )
    reask = None if wordless(case.reask or "") else _clean(case.reask or "", LONGEST_ANSWER)
    found = case.found
    if max(len(pair.primary), len(pair.candidate)) > LONGEST_ANSWER:
        found = Finding(found.signals, (*found.flags, _cut(pair)))
    return replace(case, pair=texts, reask=reask, found=found)


def _cut(pair: Pair) -> Flag:
    """That a text is too long; what was not compared is for review, unless it is the same on both sides."""
    ours, theirs = (text[LONGEST_ANSWER:] for text in (pair.candidate, pair.primary))
    words = f"compared by the first {LONGEST_ANSWER:,} characters"
    if ours == theirs:
        return Flag("LONG_TEXT", Severity.INFO, f"{words}; the rest is the same")
    words = f"{words}; behind them stand {len(ours):,} more, in the primary's {len(theirs):,}"
    return Flag("LONG_TEXT", Severity.REVIEW, words)


def _clean(text: str, longest: int) -> str:
    """At most `longest` characters that encoders can read: half surrogates and NUL are shown as broken."""
    return _UNREADABLE.sub("\N{REPLACEMENT CHARACTER}", text[:longest])


def _answered(reply: Reply | None, said: Answer) -> bool:
    """Whether this side answered; with another's answer it did not, however good that was."""
    return reply is not None and reply.answered and not said.problem and not reply.other
