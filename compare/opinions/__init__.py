"""Second opinions: models that are asked about answers after the rules, where a policy names them.

They add flags and nothing else. None of them moves a score, takes a flag away, or is decisive alone,
and none is needed: where a model is away the comparison says so and goes on.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from compare.comparators.alignment import Aligned
from compare.comparison import Flag, Pair, Severity
from compare.opinions import choosing
from compare.opinions.chat import ChatJudge, ChatModel, ChatNli
from compare.opinions.port import Judge, Nli, Question, Relation, Unheard
from policies.policy import Policy

__all__ = ["Judge", "Nli", "Opinions", "Subject", "load"]

_log = logging.getLogger(__name__)

type Flags = tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """An exchange that both sides answered in words, and what the rules flagged.

    `sentences` are the primary's and the candidate's with their vectors in `aligned`, where an
    encoder read them.
    """

    id: str
    tenant: str
    pair: Pair
    flags: Flags
    sentences: tuple[Sequence[str], Sequence[str]] = ((), ())
    aligned: Aligned | None = None


@dataclass(frozen=True, slots=True)
class Opinions:
    """Asks whom there is to ask. `own` are rollouts that the judge has a side in, and does not judge."""

    nli: Nli | None = None
    judge: Judge | None = None
    nli_percent: float = 100
    judge_percent: float = 2
    own: frozenset[tuple[str, str]] = frozenset()

    @property
    def decisive(self) -> tuple[str, ...]:
        """Names of the models that can raise a `fail`: a part of what compared."""
        return (self.nli.id,) if self.nli is not None else ()

    def flags(self, subjects: Sequence[Subject]) -> list[Flags]:
        """What each gets beside its own flags, in order."""
        shown = [one for one in subjects if not choosing.speaks_to_judges(one.flags)]
        contradicted = self._contradictions(shown)
        judged = self._judgements(shown, contradicted)
        return [contradicted.get(one.id, ()) + judged.get(one.id, ()) for one in subjects]

    def _contradictions(self, subjects: Sequence[Subject]) -> dict[str, Flags]:
        if self.nli is None:
            return {}
        asked = [
            (one, claim)
            for one in subjects
            if one.aligned is not None and self._chosen("nli", one, (), self.nli_percent)
            for claim in choosing.claims(*one.sentences, one.aligned)
        ]
        there = _heard(self.nli.relations, [claim for _, claim in asked])
        # Most sentences do not contradict: only those that seem to are asked about the other way round.
        again = [
            one for one, said in zip(asked, there, strict=True) if said is Relation.CONTRADICTS
        ]
        back = _heard(self.nli.relations, [claim.turned for _, claim in again])
        found: dict[str, Flags] = {}
        for (one, claim), said in zip(again, back, strict=True):
            if said is Relation.CONTRADICTS:
                found[one.id] = (
                    *found.get(one.id, ()),
                    choosing.contradiction(claim, one.flags),
                )
        silent = {
            one.id: said.why
            for (one, _), said in [
                *zip(asked, there, strict=True),
                *zip(again, back, strict=True),
            ]
            if isinstance(said, Unheard)
        }
        for id, why in silent.items():
            words = f"entailment unavailable: {why}"
            found[id] = (*found.get(id, ()), Flag("NLI_UNAVAILABLE", Severity.INFO, words))
        return found

    def _judgements(
        self, subjects: Sequence[Subject], contradicted: Mapping[str, Flags]
    ) -> dict[str, Flags]:
        if self.judge is None:
            return {}
        asked = [
            one
            for one in subjects
            if (one.tenant, one.pair.route) not in self.own
            and self._chosen("judge", one, contradicted.get(one.id, ()), self.judge_percent)
        ]
        questions = [
            Question(one.pair.prompt, one.pair.primary, one.pair.candidate) for one in asked
        ]
        both = [order for one in questions for order in (one, one.turned)]
        said = _heard(self.judge.rulings, both)
        return {
            one.id: choosing.judged(said[2 * at], said[2 * at + 1])
            for at, one in enumerate(asked)
        }

    def _chosen(self, who: str, one: Subject, more: Flags, percent: float) -> bool:
        flagged = choosing.is_flagged([*one.flags, *more])
        return flagged or choosing.is_sampled(who, one.id, percent)


def load(policy: Policy) -> Opinions:
    """Those of a policy; none without `nli` and `judge`. Raises `OffPremises` and CredentialMissing."""
    nli, judge = policy.nli, policy.judge
    return Opinions(
        nli=ChatNli(ChatModel.of(nli, policy, os.environ)) if nli else None,
        judge=ChatJudge(ChatModel.of(judge, policy, os.environ)) if judge else None,
        nli_percent=nli.sample_percent if nli else 0,
        judge_percent=judge.sample_percent if judge else 0,
        own=_own(policy),
    )


def _own(policy: Policy) -> frozenset[tuple[str, str]]:
    """Rollouts with a side that is the judge: none is impartial in its own case."""
    if policy.judge is None:
        return frozenset()
    judge = (policy.judge.upstream, policy.judge.model)
    return frozenset(
        (one.tenant, one.route)
        for one in policy.rollouts
        if judge in [(side.upstream, side.model) for side in (one.primary, one.candidate)]
    )


def _heard[Asked, Said](
    ask: Callable[[Sequence[Asked]], list[Said | Unheard]], asked: Sequence[Asked]
) -> list[Said | Unheard]:
    """What a model says, and that it said nothing where it broke: scoring goes on."""
    if not asked:
        return []
    try:
        said = ask(asked)
    except Exception as error:  # whatever is plugged in
        _log.warning("a second opinion broke: %s", type(error).__name__)
        return [Unheard(f"it broke: {type(error).__name__}")] * len(asked)
    if len(said) != len(asked):
        return [Unheard("it did not answer every question")] * len(asked)
    return said
