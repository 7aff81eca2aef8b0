"""What recorded evidence was measured by, so that none is ever read as if it were of another measure.

A session is recorded as numbers: how bad it was at each gate. What such a number means, and
which bar it is held against, the policy says, and a policy changes. So each stretch of sessions is
recorded with its measure, and only sessions of the measure of today are added up. What changes
no e-value is no part of it: alpha, weights, modes, steps, clocks, and how many sessions are compared.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cutover.evidence.gates import Basis, Rules
from cutover.stages import Stage
from policies.policy import Gates, Terms

COVERAGE = "coverage."
"""What the parts begin with that are asked in mirror alone."""

OF_BAR = frozenset({"reask", "gates.equivalence.bar"})
"""What says against which bar agreement is held; on another one, the scale of before says nothing."""

_SHARES = ("errors", "latency", "flags", "first_token", "schema_validity", "unpaired_flags")


@dataclass(frozen=True, slots=True)
class Measure:
    """What counts of an exchange, and by which bars. `says` are JSON values by the policy's own keys."""

    says: Mapping[str, object]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        """Finds the SHA-256 of what it says."""
        object.__setattr__(self, "digest", hashlib.sha256(self.told().encode()).hexdigest())

    def told(self) -> str:
        """As canonical JSON; `measure_told` reads it."""
        return json.dumps(self.says, sort_keys=True)

    def differs(self, other: Measure, stage: Stage) -> tuple[str, ...]:
        """The keys that make the two of another meaning in a stage; none where evidence of both adds up.

        A gate that only one of them knows changes nothing of what the others saw.
        """
        both = self.says.keys() & other.says.keys()
        return tuple(
            sorted(
                [
                    key
                    for key in both
                    if self.says[key] != other.says[key]
                    and (stage is Stage.MIRROR or not key.startswith(COVERAGE))
                ]
            )
        )


def measure_told(text: str) -> Measure:
    """A measure from what `told` gave."""
    return Measure(json.loads(text))


def measure_of(rules: Rules) -> Measure:
    """What a policy's rules measure by, for one rollout."""
    terms = rules.terms
    says: dict[str, object] = {
        "reask": rules.basis.value,
        "sessions.exchanges": terms.sessions.exchanges,
        "sessions.open_s": terms.sessions.open_s,
        "sessions.again_after_s": terms.sessions.again_after_s,
        "mixture_every": terms.mixture_every,
        **dict(_of_equivalence(terms.gates, rules.basis)),
        **dict(_of_gates(terms.gates)),
        **dict(_of_coverage(terms)),
    }
    return Measure(says)


def _of_equivalence(gates: Gates, basis: Basis) -> Iterator[tuple[str, object]]:
    """What is read on this basis alone: consent that is given or taken back is a change by itself."""
    match basis:
        case Basis.NOISE:
            yield "gates.equivalence.margin", gates.equivalence.margin
            yield "gates.equivalence.clip", gates.equivalence.clip
            yield "gates.severe.at_most", gates.severe.at_most
            yield "gates.severe.drop", gates.severe.drop
        case Basis.BAR:
            yield "gates.equivalence.bar", gates.equivalence.bar
        case Basis.NEIGHBOURS:
            pass


def _of_gates(gates: Gates) -> Iterator[tuple[str, object]]:
    for name in _SHARES:
        yield f"gates.{name}.at_most", getattr(gates, name).at_most
    for code, gate in gates.flags.codes.items():
        yield f"gates.flags.codes.{code}", gate.at_most
    latency = gates.latency
    yield "gates.latency.target_ms", latency.target_ms
    yield "gates.latency.first_token_ms", latency.first_token_ms
    yield "gates.latency.audio_ms_per_minute", latency.audio_ms_per_minute
    first_token_ms = gates.first_token.target_ms or latency.first_token_ms
    yield "gates.first_token.target_ms", first_token_ms
    if (relative := gates.relative_latency) is not None:
        yield "gates.relative_latency.at_most", relative.at_most
        yield "gates.relative_latency.slower_by", relative.slower_by
    if (quality := gates.quality) is not None:
        yield "gates.quality.margin", quality.margin
        yield "gates.quality.clip", quality.clip
        yield "gates.quality.drop", quality.drop
        yield "gates.quality.severe_at_most", quality.severe_at_most
    yield "gates.missing_at_most", gates.missing_at_most


def _of_coverage(terms: Terms) -> Iterator[tuple[str, object]]:
    """The strata and their margins: a night that is bad must not be moved into the day afterwards."""
    coverage = terms.coverage
    if not coverage.asked:
        return
    yield f"{COVERAGE}zone", coverage.zone
    yield f"{COVERAGE}strata", [one.model_dump(mode="json") for one in coverage.asked]
    for name, margin in coverage.margins.model_dump(mode="json").items():
        yield f"{COVERAGE}margins.{name}", margin


def sentence(changed: Sequence[str]) -> str:
    """What a policy changed, in words; "" for nothing."""
    if not changed:
        return ""
    return (
        f"the policy changed how sessions count: {', '.join([f'`{key}`' for key in changed])}"
    )


@dataclass(frozen=True, slots=True)
class Stretch:
    """The sessions of a standing that follow the first `after` of it, up to the next stretch: all of one measure.

    `policy_sha256` is the policy that they were recorded under first.
    """

    epoch: int
    after: int
    measure: Measure
    policy_sha256: str = ""


@dataclass(slots=True)
class Bound:
    """What the evidence of a standing is bound to: the measure of today, and the policy that has it.

    `unlike` are the keys by which what mirror recorded is of another measure. `begins` are stretches
    that are still to be recorded; `changed` are the keys by which the last of them differs from the one
    before it, where people are served.
    """

    measure: Measure
    stage: Stage
    policy_sha256: str = ""
    unlike: tuple[str, ...] = ()
    begins: tuple[Stretch, ...] = ()
    changed: tuple[str, ...] = ()
    last: Stretch | None = None

    def take(self, stage: Stage, stretches: Sequence[Stretch], sessions: int) -> None:
        """Takes what is recorded of one of the attempt's standings, in their order."""
        if not stretches:
            return
        self.last = stretches[-1]
        if stage is Stage.MIRROR:
            ends = [*[one.after for one in stretches[1:]], sessions]
            used = [one for one, end in zip(stretches, ends, strict=True) if one.after < end]
            found = {
                key for one in used for key in one.measure.differs(self.measure, self.stage)
            }
            self.unlike = tuple(sorted({*self.unlike, *found}))

    def begin(self, epoch: int, sessions: int) -> None:
        """From here on, behind so many sessions, it is the measure of today."""
        last = self.last
        if last and last.epoch == epoch and last.measure.digest == self.measure.digest:
            return
        if last and self.stage is not Stage.MIRROR:
            self.changed = last.measure.differs(self.measure, self.stage)
        self.last = Stretch(epoch, sessions, self.measure, self.policy_sha256)
        self.begins = (*self.begins, self.last)

    def next(self, epoch: int, stage: Stage) -> Bound:
        """For the attempt's next standing."""
        then = Bound(self.measure, stage, self.policy_sha256, self.unlike, last=self.last)
        then.begin(epoch, 0)
        return then


def fits(stretches: Sequence[Stretch], measure: Measure, stage: Stage) -> Callable[[int], bool]:
    """Whether the session of a number counts by this measure; one of which nothing is known does.

    `stage` is that of the rollout now: behind mirror, what mirror recorded counts whatever its coverage asked.
    """
    return _but([bool(one.measure.differs(measure, stage)) for one in stretches], stretches)


def tells(stretches: Sequence[Stretch], measure: Measure) -> Callable[[int], bool]:
    """Whether the session of a number tells what agreement is measured by: it was held against the same bar."""
    keys = [one.measure.differs(measure, Stage.LIVE) for one in stretches]
    return _but([not OF_BAR.isdisjoint(some) for some in keys], stretches)


def _but(alien: Sequence[bool], stretches: Sequence[Stretch]) -> Callable[[int], bool]:
    """Whether the session of a number is of none of the alien stretches."""
    if not any(alien):
        return lambda number: True
    starts = [one.after for one in stretches]

    def one_of_today(number: int) -> bool:
        place = bisect_left(starts, number)
        return not (place and alien[place - 1])

    return one_of_today
