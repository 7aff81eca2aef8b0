"""What one session says: its exchanges become one number a gate, the badness in [0, 1].

Averages are taken over the session's exchanges first, because exchanges of one conversation are
alike and must not count as if they were independent; clipping comes after averaging.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from compare.comparison import Attribution
from cutover.evidence import badness
from cutover.evidence.gates import Gate, Rules
from cutover.evidence.scored import ScoredExchange, ahead_us
from mirror.exchange import Side

__all__ = [
    "Line",
    "OpenSession",
    "Rules",
    "ScoredExchange",
    "Session",
    "bare",
    "observe",
    "retold",
    "retold_open",
]

FIRST_GATES = (Gate.EQUIVALENCE, Gate.ERRORS, Gate.LATENCY, Gate.FLAGS)
"""What sessions tell that were recorded as a list of numbers, in its order."""


SINCE_DRIFT = ("floor", "apart", "ahead_us")
"""What sessions did not tell before there was the gate of drift, and before wrong clocks were told."""

ASKED = "asked"
"""What sessions did not tell while a repeated exchange was no evidence of anything."""

SINCE_SCALES = "comparators"
"""What they did not tell while those of all scales were added up."""


@dataclass(frozen=True, slots=True)
class Session:
    """A closed session. `badness` is by the names of gates; a gate that learns nothing from it has none.

    `answered` counts exchanges that the candidate answered to a client, `asked` those that it was asked, `fresh` those of them whose
    recorded answer counts here, `repeated` those whose recorded answer counted already or counts elsewhere, `scored` and `unscored`
    fresh ones that both sides answered, with and without an equivalence, `gaps` those that the candidate was
    not asked because it lacks what they need: no evidence of anything but that, `lost` those whose copy
    was shed or lost: they are missing. `late` counts those
    that are no evidence of speed, because the candidate's copy was sent late, `unpaired` those whose
    primary was not asked. One that is `resent` is of stored requests: it says nothing of speed, errors or the clock.
    `keys` are the recorded answers that counted here for the first time. `floor` is how far the primary
    agreed with itself where it was asked again, `apart` how far the sides disagreed, in 0..1; None
    where that is not known. `ahead_us` is how much later one of its exchanges was accepted than compared, 0 where
    clocks may be right: its start says nothing of the time of day. `comparators` are what agreement
    was measured by, "" for nothing.
    """

    id: str
    start_us: int
    served: bool
    badness: Mapping[str, float]
    fresh: int
    repeated: int
    answered: int
    scored: int
    unscored: int
    fail_codes: tuple[str, ...]
    keys: tuple[str, ...] = ()
    gaps: int = 0
    late: int = 0
    unpaired: int = 0
    resent: bool = False
    floor: float | None = None
    apart: float | None = None
    ahead_us: int = 0
    asked: int = 0
    lost: int = 0
    comparators: str = ""

    def told(self) -> dict[str, object]:
        """As JSON types, to keep; `retold` reads it."""
        told: dict[str, object] = {name: getattr(self, name) for name in _FIELDS}
        return told | {"badness": dict(self.badness)}


_FIELDS = tuple(Session.__dataclass_fields__)


def retold(values: Mapping[str, Any]) -> Session:
    """A session from what `told` gave, after JSON. Gates that came later begin with nothing."""
    fields = dict(values)
    told = fields["badness"]
    if isinstance(told, list | tuple):
        told = dict(zip(FIRST_GATES, told, strict=True))
    # Canonical JSON writes 1.0 as 1.
    fields["badness"] = {str(gate): float(x) for gate, x in told.items() if x is not None}
    for name in ("fail_codes", "keys"):
        if name in fields:
            fields[name] = tuple(fields[name])
    for name in ("floor", "apart"):
        if fields.get(name) is not None:
            fields[name] = float(fields[name])
    return Session(**fields)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that has started and is not closed: it counts as the least favourable value.

    `floors` is the least badness that it can still come to, by the names of gates; nothing where it may be none. `comparators` are
    what that was measured by so far.
    """

    id: str
    start_us: int
    floors: Mapping[str, float] = field(default_factory=dict)
    comparators: str = ""

    def told(self) -> dict[str, object]:
        """As JSON types; `retold_open` reads it."""
        told: dict[str, object] = {"id": self.id, "start_us": self.start_us}
        return told | {"floors": dict(self.floors), "comparators": self.comparators}


type Line = Sequence[Session | OpenSession]
"""Sessions in start order."""


def bare(line: Line) -> bool:
    """Whether these are open sessions of which nothing is known: most of what is open, most of the time."""
    return all(isinstance(one, OpenSession) and not one.floors for one in line)


def retold_open(values: Mapping[str, Any]) -> OpenSession:
    """An open session from what `told` gave, after JSON. Before floors were counted there were none."""
    floors = {str(gate): float(x) for gate, x in values.get("floors", {}).items()}
    comparators = values.get(SINCE_SCALES, "")
    return OpenSession(values["id"], values["start_us"], floors, comparators)


def observe(
    rules: Rules,
    id: str,
    start_us: int,
    exchanges: Sequence[ScoredExchange],
    repeats: Collection[str] = (),
) -> Session:
    """A session's numbers. The recorded answers of `repeats`, ids of exchanges, have counted elsewhere.

    Against such an answer the candidate is not compared again; that it failed, or was slow, is new each time it is asked.
    """
    asked = [row for row in exchanges if not badness.unasked(row)]
    told = [row for row in asked if not (badness.left(row) and badness.silent(rules, row))]
    fresh = [row for row in told if row.exchange_id not in repeats]
    pairs = badness.paired(fresh)
    both = [row.equivalence for row in fresh if row.attribution == _BOTH]
    lost = sum([badness.lost(row) for row in exchanges]) if len(asked) < len(exchanges) else 0
    return Session(
        id=id,
        start_us=start_us,
        served=any([row.serving == _CANDIDATE for row in exchanges]),
        badness=badness.of(rules, told, fresh),
        fresh=len(fresh),
        repeated=len(told) - len(fresh),
        answered=sum([_answered_a_client(row) for row in exchanges]),
        scored=len(both) - both.count(None),
        unscored=both.count(None),
        fail_codes=tuple([code for row in fresh for code in row.fail_codes]),
        keys=tuple([row.recorded_key for row in fresh if badness.held(row)]),
        gaps=len(exchanges) - len(asked) - lost,
        late=sum([badness.late(row) for row in asked]),
        unpaired=sum([bool(row.unpaired) for row in fresh]),
        resent=any([row.resent for row in exchanges]),
        floor=badness.floor(rules, pairs),
        apart=badness.apart(rules, pairs),
        ahead_us=max(map(ahead_us, exchanges), default=0),
        asked=len(asked),
        lost=lost,
        comparators=badness.comparators(pairs),
    )


# As plain texts: they are asked of every exchange.
_BOTH, _CANDIDATE = Attribution.BOTH_ANSWERED.value, Side.CANDIDATE.value
_ANSWERED = (_BOTH, Attribution.PRIMARY_FAILED.value, Attribution.CANDIDATE_ALONE.value)


def _answered_a_client(row: ScoredExchange) -> bool:
    return row.serving == _CANDIDATE and row.attribution in _ANSWERED
