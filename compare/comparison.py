"""A comparison: what the comparators say of one exchange, on three axes that are never averaged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from compare.noise import Sample

SCORE_ERROR = "score_error"
"""Why there is no equivalence where what compares broke, again and again."""


class Severity(StrEnum):
    """How much a flag weighs."""

    FAIL = "fail"  # an error that may hurt somebody; counted by the flags gate
    REVIEW = "review"  # a person should look; never decisive alone
    INFO = "info"


class Attribution(StrEnum):
    """Who answered."""

    BOTH_ANSWERED = "both_answered"
    CANDIDATE_FAILED = "candidate_failed"
    PRIMARY_FAILED = "primary_failed"
    BOTH_FAILED = "both_failed"
    CANDIDATE_ALONE = "candidate_alone"  # the candidate did, and the primary was not asked
    CLIENT_LEFT = "client_left"  # nobody by then: only how long it had taken is known
    NOT_COPIED = "not_copied"  # the primary did, and a copy that was to be sent was not
    CAPABILITY_GAP = (
        "capability_gap"  # the candidate lacks what was asked for, and was not asked
    )


@dataclass(frozen=True, slots=True)
class Flag:
    """A typed finding with the words that caused it. `code` is upper case, as in `DOSE_CONFLICT`."""

    code: str
    severity: Severity
    evidence: str


@dataclass(frozen=True, slots=True)
class Timing:
    """How fast one side answered, in milliseconds since its own send; None where there is none.

    Gaps are those between events of a stream that carried words, `stalls` how many of them were
    longer than a second and ten times the median. `chars_per_s` is characters a second.
    """

    total_ms: float | None = None
    first_token_ms: float | None = None
    chars_per_s: float | None = None
    gap_p50_ms: float | None = None
    gap_p95_ms: float | None = None
    longest_gap_ms: float | None = None
    stalls: int | None = None
    longest_stall_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Performance:
    """Both sides' times, and how long after the client's request the other side's copy was sent.

    `late` names the side whose copy was sent more than a minute later: its times tell of another
    minute than the client's. Empty where none was.
    """

    primary: Timing = field(default_factory=Timing)
    candidate: Timing = field(default_factory=Timing)
    copy_after_ms: float | None = None
    late: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """What comparators see: the prompt and both answers as plain text, and their language codes."""

    route: str
    prompt: str
    primary: str
    candidate: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one comparator says: numbers it measured and flags it raised.

    `missing` is why the answers have no equivalence, of the comparator that was to give it.
    """

    signals: dict[str, float] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All signals and flags of one exchange.

    `equivalence` is the calibrated agreement of candidate and primary in 0..1, `noise_floor` that
    of the primary with itself where it was asked again. Either is None where it could not be
    scored, and `missing` says why (`language:ta`, `primary_failed`, ...). `unpaired` is why the primary
    was not asked, empty where it was. `sample` is what the answers
    tell of the rollout's noise, where the primary was asked again.
    """

    exchange_id: str
    attribution: Attribution
    equivalence: float | None
    noise_floor: float | None
    missing: str
    flags: tuple[Flag, ...]
    signals: dict[str, float]
    performance: Performance
    comparators: str
    sample: Sample | None = None
    unpaired: str = ""

    def plus(self, said: Finding) -> Comparison:
        """With what was found besides."""
        return replace(self, flags=self.flags + said.flags, signals=self.signals | said.signals)

    def sound(self) -> Comparison:
        """Without what is no score: that broke, whatever the comparators say of it."""
        score, floor = score_of(self.equivalence), score_of(self.noise_floor)
        broken = SCORE_ERROR if score is None and self.equivalence is not None else ""
        missing = self.missing or broken
        return replace(self, equivalence=score, noise_floor=floor, missing=missing)

    @property
    def read(self) -> bool:
        """Whether what was answered was read; of what was not, no two are known to be the same."""
        known = self.attribution not in (Attribution.CLIENT_LEFT, Attribution.NOT_COPIED)
        return known and self.missing != SCORE_ERROR

    @property
    def failed(self) -> bool:
        """Whether any flag is of severity `fail`."""
        return any(flag.severity is Severity.FAIL for flag in self.flags)


ROUNDING = 1e-6


def score_of(found: float | None) -> float | None:
    """A score in 0..1, or None: what is no number, or far outside, tells nothing, least of all that all is well."""
    if found is None or not -ROUNDING <= found <= 1 + ROUNDING:  # NaN is in no order
        return None
    return min(1.0, max(0.0, found))
