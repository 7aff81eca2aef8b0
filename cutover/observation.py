"""What one session says: its exchanges become one number a gate, the badness in [0, 1].

Averages are taken over the session's exchanges first, because exchanges of one conversation are
alike and must not count as if they were independent; clipping comes after averaging.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from compare.comparison import Attribution
from cutover.gates import Basis, badness_of_difference
from mirror.exchange import Side
from policies.policy import Terms

MS_US = 1_000


class ScoredExchange(Protocol):
    """What evidence needs to know of one compared exchange. Times are integer microseconds.

    `noise_floor` is given wherever the primary was asked again and answered, also where the
    candidate failed: such an exchange counts as the largest difference possible.
    """

    @property
    def exchange_id(self) -> str:
        """Sorts by time within one microsecond."""
        ...

    @property
    def session(self) -> str:
        """The conversation it belongs to."""
        ...

    @property
    def accepted_us(self) -> int:
        """When the request came in."""
        ...

    @property
    def serving(self) -> str:
        """The side that was to answer the client, a `Side`."""
        ...

    @property
    def streaming(self) -> bool:
        """Whether the answer was asked for as a stream."""
        ...

    @property
    def attribution(self) -> str:
        """Who answered, an `Attribution`."""
        ...

    @property
    def equivalence(self) -> float | None:
        """Agreement of candidate and primary in 0..1; None where it could not be scored."""
        ...

    @property
    def noise_floor(self) -> float | None:
        """Agreement of the primary with itself in 0..1; None where it was not asked again."""
        ...

    @property
    def fail_codes(self) -> tuple[str, ...]:
        """Codes of the flags of severity `fail`."""
        ...

    @property
    def candidate_us(self) -> int | None:
        """How long the candidate took, from its own send; None without an answer."""
        ...

    @property
    def candidate_first_token_us(self) -> int | None:
        """The same to its first token; None for an answer that was not streamed."""
        ...

    @property
    def late(self) -> str:
        """The side whose copy was sent more than a minute after the client's; "" for none."""
        ...

    @property
    def recorded_key(self) -> str:
        """The same for the same recorded answer to the same prompt; "" for none."""
        ...


@dataclass(frozen=True, slots=True)
class Session:
    """A closed session. `badness` follows the order of Gate; None where a gate learns nothing from it.

    `answered` counts exchanges that the candidate answered to a client, `fresh` those that are
    evidence, `repeated` those whose recorded answer had already counted in this attempt, `scored` and `unscored`
    those both sides answered, with and without an equivalence, `gaps` those that the candidate was
    not asked because it lacks what they need: no evidence of anything but that. `late` counts those
    that are no evidence of speed, because the candidate's copy was sent late.
    `keys` are the recorded answers that counted here for the first time.
    """

    id: str
    start_us: int
    served: bool
    badness: tuple[float | None, float | None, float | None, float | None]
    fresh: int
    repeated: int
    answered: int
    scored: int
    unscored: int
    fail_codes: tuple[str, ...]
    keys: tuple[str, ...] = ()
    gaps: int = 0
    late: int = 0

    def told(self) -> dict[str, object]:
        """As JSON types, to keep; `retold` reads it."""
        return asdict(self)


def retold(values: Mapping[str, Any]) -> Session:
    """A session from what `told` gave, after JSON."""
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in values.items()
    }
    # Canonical JSON writes 1.0 as 1.
    fields["badness"] = tuple(None if x is None else float(x) for x in fields["badness"])
    return Session(**fields)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that has started and is not closed: it counts as the least favourable value."""

    id: str
    start_us: int


@dataclass(frozen=True, slots=True)
class Rules:
    """How exchanges become sessions and numbers: the policy's terms, and what equivalence means."""

    terms: Terms
    basis: Basis


def observe(
    rules: Rules,
    id: str,
    start_us: int,
    exchanges: Sequence[ScoredExchange],
    seen: set[str],
) -> Session:
    """A session's numbers. Recorded answers in `seen` are not evidence; new ones are added to it."""
    fresh = []
    keys = []
    asked = [row for row in exchanges if row.attribution != Attribution.CAPABILITY_GAP]
    for exchange in asked:
        if exchange.recorded_key in seen:
            continue
        fresh.append(exchange)
        if exchange.recorded_key:
            keys.append(exchange.recorded_key)
            seen.add(exchange.recorded_key)
    both = [row for row in fresh if row.attribution == Attribution.BOTH_ANSWERED]
    scored = sum([row.equivalence is not None for row in both])
    return Session(
        id=id,
        start_us=start_us,
        served=any(row.serving == Side.CANDIDATE for row in exchanges),
        badness=(
            _disagreement(rules, fresh),
            _mean([float(_failed(row)) for row in fresh]),
            _mean([slow for row in fresh if (slow := _slow(rules.terms, row)) is not None]),
            _mean([float(_failed(row) or bool(row.fail_codes)) for row in fresh]),
        ),
        fresh=len(fresh),
        repeated=len(asked) - len(fresh),
        answered=sum([_answered_a_client(row) for row in exchanges]),
        scored=scored,
        unscored=len(both) - scored,
        fail_codes=tuple([code for row in fresh for code in row.fail_codes]),
        keys=tuple(keys),
        gaps=len(exchanges) - len(asked),
        late=sum([_late(row) for row in fresh]),
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _failed(row: ScoredExchange) -> bool:
    """The candidate failed where the primary answered; what fails on both sides is nobody's harm."""
    return row.attribution == Attribution.CANDIDATE_FAILED


def _late(row: ScoredExchange) -> bool:
    """The candidate's copy met another load than the client's request; what it served counts always."""
    return row.late == Side.CANDIDATE


def _answered_a_client(row: ScoredExchange) -> bool:
    return row.serving == Side.CANDIDATE and row.attribution in (
        Attribution.BOTH_ANSWERED,
        Attribution.PRIMARY_FAILED,
    )


def _disagreement(rules: Rules, rows: Sequence[ScoredExchange]) -> float | None:
    """The equivalence gate's badness: the mean difference first, then clipped, then turned.

    A candidate that failed is as far away as can be, in both directions of the test: otherwise a
    bad answer that becomes a failure would look like an improvement.
    """
    match rules.basis:
        case Basis.NOISE:
            mean = _mean([d for row in rows if (d := _difference(row)) is not None])
            clip = rules.terms.gates.equivalence.clip
            return None if mean is None else badness_of_difference(mean, clip)
        case Basis.BAR | Basis.NEIGHBOURS:
            mean = _mean([s for row in rows if (s := _agreement(row)) is not None])
            return None if mean is None else 1 - mean


def _difference(row: ScoredExchange) -> float | None:
    """Candidate with primary, less primary with itself, in [-1, 1]; only where it was asked again."""
    if row.noise_floor is None:
        return None
    if _failed(row):
        return -1.0
    return None if row.equivalence is None else row.equivalence - row.noise_floor


def _agreement(row: ScoredExchange) -> float | None:
    return 0.0 if _failed(row) else row.equivalence


def _slow(terms: Terms, row: ScoredExchange) -> float | None:
    """1 for an answer over its target or a candidate-only failure; streams by their first token."""
    if _late(row):
        return None
    if _failed(row):
        return 1.0
    if row.attribution == Attribution.BOTH_FAILED:
        return None
    gate = terms.gates.latency
    took_us, target_ms = row.candidate_us, gate.target_ms
    if row.streaming and row.candidate_first_token_us is not None:
        took_us, target_ms = row.candidate_first_token_us, gate.first_token_ms
    return None if took_us is None else float(took_us > target_ms * MS_US)
