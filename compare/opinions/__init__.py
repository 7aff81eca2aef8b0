"""Second opinions: models that are asked about answers after the rules, where a policy names them.

They add flags, and the judge grades a sample of the answers. None of them moves a score, takes a flag away, or is decisive
alone, and none is needed: where a model is away the comparison says so and goes on.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from compare.cases import Case
from compare.comparators.alignment import Aligned
from compare.comparison import Finding, Flag, Pair, Severity
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
        """Names of the models that can raise a `fail` or give a grade: a part of what compared."""
        return tuple([one.id for one in (self.nli, self.judge) if one is not None])

    def findings(self, subjects: Sequence[Subject]) -> list[Finding]:
        """The flags that each gets beside its own, and its grades where it has some, in order.

        Grades are of the sample alone: what a rule flagged is asked about besides, and is no fair part of all.
        """
        shown = [one for one in subjects if not choosing.speaks_to_judges(one.flags)]
        contradicted = self._contradictions(shown)
        judged = self._judgements(shown, contradicted)
        return [
            Finding(
                judged[one.id].signals if one.id in judged else self._unshown(one),
                contradicted.get(one.id, ())
                + (judged[one.id].flags if one.id in judged else ()),
            )
            for one in subjects
        ]

    def owed(self, case: Case) -> Finding:
        """`judge_candidate`, 0, where an answer was drawn for a grade and there is none to show to a judge.

        Without `judge_primary`: nobody graded that. A candidate that said nothing is as bad as can be.
        """
        return Finding(
            self._worst(case.tenant, case.pair.route, case.id) if case.words_owed else {}
        )

    def _worst(self, tenant: str, route: str, exchange_id: str) -> dict[str, float]:
        graded = self.judge is not None and (tenant, route) not in self.own
        drawn = choosing.is_sampled("judge", exchange_id, self.judge_percent)
        return {"judge_candidate": 0.0} if graded and drawn else {}

    def _unshown(self, one: Subject) -> dict[str, float]:
        if not choosing.speaks_to_judges(one.flags):
            return {}
        return self._worst(one.tenant, one.pair.route, one.id)

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
    ) -> dict[str, Finding]:
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
        orders = [(said[2 * at], said[2 * at + 1]) for at in range(len(asked))]
        return {
            one.id: Finding(
                choosing.graded(*order) if self._drawn(one) else {}, choosing.judged(*order)
            )
            for one, order in zip(asked, orders, strict=True)
        }

    def _drawn(self, one: Subject) -> bool:
        return choosing.is_sampled("judge", one.id, self.judge_percent)

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
    judge = policy.judge
    if judge is None:
        return frozenset()
    return frozenset((one.tenant, one.route) for one in policy.rollouts if one.has_side(judge))


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
