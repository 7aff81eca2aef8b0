"""Scoring: cases in, comparisons out. Sentences of a whole batch are encoded together.

A text is scored by the first encoder that reads its language; where none does, the score is
missing and says which language it was. All answers of a case meet the same encoder, so that the
candidate's agreement and the primary's with itself can be set against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from compare import alone, calibration, sentences
from compare.calibration import Scales
from compare.cases import Case
from compare.comparators import OF_TEXT, VERSION
from compare.comparators.alignment import Aligned, Vectors, alignment
from compare.comparators.coverage import coverage
from compare.comparators.language import detect
from compare.comparators.legible import wordless
from compare.comparators.lexical import lexical, normalised
from compare.comparison import Attribution, Comparison, Finding, Flag, Pair
from compare.encoders import Encoder
from compare.noise import Calibration, Cell, Sample, Signals, length_of
from compare.opinions import Opinions, Subject


@dataclass(frozen=True, slots=True)
class _Plan:
    """Who will read a case's answers, and its texts as sentences. No encoder: `missing` says why."""

    case: Case
    encoder: Encoder | None = None
    missing: str = ""
    cell: Cell | None = None
    texts: tuple[
        list[str], ...
    ] = ()  # of primary, candidate and, where asked, the primary again


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores with the given encoders, the one to ask first first.

    `calibrations` are those of tenants' routes that have one; the others have the built-in scales.
    `opinions` are models that are asked after the rules, and add flags and grades.
    """

    encoders: tuple[Encoder, ...]
    calibrations: Mapping[tuple[str, str], Calibration] = field(default_factory=dict)
    opinions: Opinions = field(default_factory=Opinions)
    comparators: str = field(init=False)

    def __post_init__(self) -> None:
        """Name what scores, so that evidence of two settings is never mixed."""
        name = " ".join([VERSION, *(one.id for one in self.encoders), *self.opinions.decisive])
        object.__setattr__(self, "comparators", name)

    def score(self, cases: Sequence[Case]) -> list[Comparison]:
        """One comparison a case, in order."""
        plans = [self._plan(case) for case in cases]
        # A model computes outside of Python most of the time: comparators run meanwhile.
        with ThreadPoolExecutor(1, "encoding") as beside:
            encoding = beside.submit(_encoded, plans)
            found = [_found(case) for case in cases]
            vectors = encoding.result()
        compared = [
            self._comparison(
                plan, said, _mismatched(plan, plans[place + 1 :] + plans[:place]), vectors
            )
            for place, (plan, said) in enumerate(zip(plans, found, strict=True))
        ]
        return self._with_opinions(plans, compared, vectors)

    def _plan(self, case: Case) -> _Plan:
        if case.alone:
            return _Plan(case, missing=case.alone)
        second = case.again if case.kind.agreement is not None else case.reask
        failed = case.attribution is Attribution.CANDIDATE_FAILED and second is not None
        if case.attribution is not Attribution.BOTH_ANSWERED and not failed:
            return _Plan(case, missing=case.attribution.value)
        if case.unread:
            return _Plan(case, missing=case.unread)
        if case.kind.agreement is not None:
            return _Plan(case, missing=case.attribution.value if failed else "")
        if wordless(case.pair.primary):
            return _Plan(case, missing="no_text")
        # The primary's noise is known where the candidate failed too: a failure counts against it.
        answers = [case.pair.primary, "" if failed else case.pair.candidate]
        if case.reask is not None:
            answers.append(case.reask)
        spoken = _languages(answers, case.pair.prompt)
        encoder = next((one for one in self.encoders if spoken <= one.languages), None)
        if encoder is None:
            return _Plan(case, missing=f"language:{'+'.join(sorted(spoken - {''})) or 'mixed'}")
        texts = tuple(sentences.split(answer) for answer in answers)
        words = length_of(len(normalised(case.pair.primary).split()))
        cell = Cell(encoder.id, next(iter(spoken)) if len(spoken) == 1 else "", words)
        return _Plan(case, encoder, case.attribution.value if failed else "", cell, texts)

    def _comparison(
        self,
        plan: _Plan,
        found: Sequence[Finding],
        other: _Plan | None,
        vectors: Mapping[tuple[str, str], Vectors],
    ) -> Comparison:
        case = plan.case
        agreed, floor = self._agreements(plan, vectors)
        signals, flags = _merged([case.found, *found, agreed])
        signals.pop("equivalence", None)
        return Comparison(
            exchange_id=case.id,
            attribution=case.attribution,
            equivalence=agreed.signals.get("equivalence"),
            noise_floor=floor.signals.get("equivalence"),
            missing=plan.missing or agreed.missing,
            flags=flags,
            signals=signals,
            performance=case.performance,
            comparators=self.yardstick(case.tenant, case.pair.route),
            sample=_sample(plan, other, floor, vectors),
            unpaired=case.unpaired,
        )

    def _with_opinions(
        self,
        plans: Sequence[_Plan],
        compared: Sequence[Comparison],
        vectors: Mapping[tuple[str, str], Vectors],
    ) -> list[Comparison]:
        """The comparisons with what models said that were asked about those in words."""
        spoken = [
            _subject(plan, one, vectors) if _in_words(plan.case) else None
            for plan, one in zip(plans, compared, strict=True)
        ]
        added = iter(self.opinions.findings([one for one in spoken if one is not None]))
        return [
            one.plus(next(added) if subject is not None else self.opinions.owed(plan.case))
            for plan, one, subject in zip(plans, compared, spoken, strict=True)
        ]

    def _agreements(
        self, plan: _Plan, vectors: Mapping[tuple[str, str], Vectors]
    ) -> tuple[Finding, Finding]:
        """The primary's agreement with the candidate, and with its own second answer; empty where it has none."""
        case, nothing = plan.case, Finding()
        both = case.attribution is Attribution.BOTH_ANSWERED and not plan.missing
        if plan.encoder is not None:
            scales = self._scales(plan)
            sides = [_stack(plan.encoder, text, vectors) for text in plan.texts]
            ours = Aligned(sides[0], sides[1])
            return (
                _agreement(case.pair, case.pair.candidate, ours, scales) if both else nothing,
                _agreement(case.pair, case.reask, Aligned(sides[0], sides[2]), scales)
                if case.reask
                else nothing,
            )
        agreement = case.kind.agreement
        if agreement is None or case.sides is None or case.unread:
            return nothing, nothing
        return (
            agreement(case.sides) if both else nothing,
            agreement(case.sides.against(case.again)) if case.again is not None else nothing,
        )

    def yardstick(self, tenant: str, route: str) -> str:
        """What a tenant's route is compared with, by name."""
        taken = self.calibrations.get((tenant, route))
        return f"{self.comparators} cal-{taken.id}" if taken else self.comparators

    def _scales(self, plan: _Plan) -> Scales:
        assert plan.encoder is not None and plan.cell is not None, "a text has both"
        taken = self.calibrations.get((plan.case.tenant, plan.case.pair.route))
        own = taken.scales(plan.cell) if taken else None
        if own is not None:
            return own
        return calibration.scales(plan.encoder.id, plan.case.pair.route, plan.cell.length)


def _found(case: Case) -> list[Finding]:
    """What comparators say of a case that both sides answered, or of an answer that stands alone."""
    if case.attribution is Attribution.CANDIDATE_ALONE and case.sides is not None:
        return [alone.found(case.pair, case.kind, case.sides)]
    if case.attribution is not Attribution.BOTH_ANSWERED or case.unread:
        return []
    found = [comparator(case.pair) for comparator in OF_TEXT] if _in_words(case) else []
    if case.sides is not None:
        found += [comparator(case.sides) for comparator in case.kind.comparators]
    return found


def _in_words(case: Case) -> bool:
    """Whether both sides answered, and in words that are compared."""
    both = case.attribution is Attribution.BOTH_ANSWERED and not case.unread
    return both and case.kind.words and bool(case.pair.candidate.strip())


def _subject(
    plan: _Plan, compared: Comparison, vectors: Mapping[tuple[str, str], Vectors]
) -> Subject:
    """What models are asked about; without an encoder, no sentences."""
    case = plan.case
    subject = Subject(case.id, case.tenant, case.pair, compared.flags)
    if plan.encoder is None:
        return subject
    ours, theirs = plan.texts[0], plan.texts[1]
    stacks = (_stack(plan.encoder, text, vectors) for text in (ours, theirs))
    return replace(subject, sentences=(ours, theirs), aligned=Aligned(*stacks))


def _agreement(pair: Pair, other: str, aligned: Aligned, scales: Scales) -> Finding:
    """Signals of the primary's answer against another, with `equivalence` and its families."""
    signals = _likeness(pair, other, aligned)
    if " ".join(pair.primary.split()) == " ".join(other.split()):
        return Finding(signals | {"equivalence": 1.0})
    try:
        whole, families = calibration.equivalence(signals, scales)
    except calibration.NoScale:
        return Finding(signals, missing="no_signal")
    return Finding(signals | families | {"equivalence": whole})


def _likeness(pair: Pair, other: str, aligned: Aligned) -> dict[str, float]:
    texts = Pair(pair.route, pair.prompt, pair.primary, other)
    return lexical(texts).signals | coverage(texts).signals | alignment(aligned).signals


def _mismatched(plan: _Plan, others: Sequence[_Plan]) -> _Plan | None:
    """Another request of the same rollout whose primary answer stands for a mismatched one."""
    case = plan.case
    if plan.cell is None or not case.reask or not case.tenant:
        return None
    alike = (
        one
        for one in others
        if one.encoder is plan.encoder
        and (one.case.tenant, one.case.pair.route) == (case.tenant, case.pair.route)
        and one.case.pair.prompt != case.pair.prompt
    )
    return next(alike, None)


def _sample(
    plan: _Plan, other: _Plan | None, floor: Finding, vectors: Mapping[tuple[str, str], Vectors]
) -> Sample | None:
    """What a case that the primary answered twice tells of its rollout's noise."""
    if plan.cell is None or not floor.signals or not plan.case.tenant:
        return None
    null: Signals = {}
    if other is not None and plan.encoder is not None:
        sides = (_stack(plan.encoder, one.texts[0], vectors) for one in (plan, other))
        null = _likeness(plan.case.pair, other.case.pair.primary, Aligned(*sides))
    return Sample(plan.cell, _scaled(floor.signals), _scaled(null))


def _scaled(signals: Signals) -> Signals:
    """Those that scales are made of, rounded as they are kept."""
    names = [name for family in calibration.FAMILIES.values() for name in family]
    return {name: round(signals[name], 4) for name in names if name in signals}


def _languages(answers: Sequence[str], prompt: str) -> frozenset[str]:
    """What the answers are in; one too short to tell is in the others' language, or the prompt's."""
    spoken = {detect(text) for text in answers if text.strip()}
    known = spoken - {""}
    if not known and len(max(answers, key=len)) < 80:
        return frozenset({detect(prompt)})
    return frozenset(known if len(known) == 1 else spoken)


def _encoded(plans: Sequence[_Plan]) -> dict[tuple[str, str], Vectors]:
    """Every sentence's vector by encoder and sentence, each encoded once."""
    wanted: dict[str, tuple[Encoder, dict[str, None]]] = {}
    for plan in plans:
        if plan.encoder is not None:
            _, found = wanted.setdefault(plan.encoder.id, (plan.encoder, {}))
            found.update(dict.fromkeys(one for text in plan.texts for one in text))
    return {
        (name, sentence): vector
        for name, (encoder, found) in wanted.items()
        if found
        for sentence, vector in zip(found, encoder.encode(list(found)), strict=True)
    }


def _stack(
    encoder: Encoder, text: Sequence[str], vectors: Mapping[tuple[str, str], Vectors]
) -> Vectors:
    if not text:
        return np.empty((0, 0), dtype=np.float32)
    return np.stack([vectors[encoder.id, sentence] for sentence in text])


def _merged(findings: Sequence[Finding]) -> tuple[dict[str, float], tuple[Flag, ...]]:
    signals = {name: round(x, 4) for found in findings for name, x in found.signals.items()}
    return signals, tuple(flag for found in findings for flag in found.flags)
