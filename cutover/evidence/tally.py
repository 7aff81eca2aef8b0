"""The tally of one standing: every gate's evidence for and against, folded from sessions in start order.

At each look two tallies are judged and the larger counts: (A) the longest closed prefix, and (B)
all started sessions with the open ones at the value least favourable to the claim: for harm the least that they
can still come to, see `least`. Both are at most what the complete sessions will show, so looking early is safe
and a slow session blocks nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from cutover.evidence.bets import Weights
from cutover.evidence.counted import Counted
from cutover.evidence.drift import Drift
from cutover.evidence.eprocess import (
    UNKNOWN,
    MeanAbove,
    MeanAboveLately,
    MeanAboveSince,
    Place,
    log_mean,
)
from cutover.evidence.gate_tally import GateTally
from cutover.evidence.gates import OF_SPEED
from cutover.evidence.observation import Line, OpenSession, Rules, ScoredExchange, Session, bare
from cutover.evidence.pace import Pace
from cutover.evidence.sample_ratio import SampleRatio
from cutover.evidence.scale import Scale
from cutover.evidence.sessions import Book
from cutover.evidence.strata import Strata
from cutover.evidence.tail import Tail
from cutover.pooling.pooled import Pooled
from cutover.stages import Stage
from policies.gates import Mode


@dataclass(frozen=True)
class Tally:
    """What the sessions of one standing come to. Times are of starts, in microseconds.

    `sessions` counts closed sessions with at least one exchange that is evidence, `served` those in which the candidate
    answered a client, `scored` and `unscored` exchanges, `repeated` exchanges that were no evidence,
    `ahead_us` is the latest start that a wrong clock gave, see `Session`, and `wrong_us` about when it last gave one: `first_us` and `last_us` are of the others.
    `gaps` those that the candidate could not be asked, `lost` those whose copy was shed or lost, `late` those whose copy was sent too late to
    be evidence of speed, `unpaired` sessions in which the candidate's answer stood alone. `unscored_harm` is the evidence that too many scores are missing since some
    session, None where any may. `strata` is the same evidence by the time of the week, in mirror
    only; `pace` is that of the attempt. `resent` counts sessions of stored requests that were
    sent again: they are evidence, and none of `sessions`, nor of the clock. `drift` is None where
    the primary is never asked again.
    """

    gates: tuple[GateTally, ...]
    sessions: int = 0
    served: int = 0
    scored: int = 0
    unscored: int = 0
    repeated: int = 0
    first_us: int | None = None
    last_us: int | None = None
    codes: Mapping[str, int] = field(default_factory=dict)
    gaps: int = 0
    late: int = 0
    unscored_harm: MeanAboveSince | None = None
    strata: Strata | None = None
    pace: Pace = field(default_factory=Pace)
    unpaired: int = 0
    resent: int = 0
    drift: Drift | None = None
    ahead_us: int = 0
    lost: int = 0
    scale: Scale | None = None
    wrong_us: int = 0

    @classmethod
    def begin(
        cls, rules: Rules, stage: Stage, step: int = 0, weights: Weights | None = None
    ) -> Tally:
        """Nothing seen yet. In live, harm is looked for by detectors that restart."""
        terms = rules.terms
        last = len(terms.steps) - 1  # the policy may have lost steps
        served_only = stage is Stage.CANARY and terms.asks_speed(min(step, last))
        most = terms.gates.missing_at_most
        return cls(
            tuple(
                [
                    GateTally(
                        demand,
                        MeanAbove.weighted(1 - demand.bar, (weights or {}).get(demand.name)),
                        MeanAboveLately(demand.bar)
                        if stage is Stage.LIVE
                        else MeanAboveSince(demand.bar, terms.mixture_every),
                        served_only and demand.shown and demand.gate in OF_SPEED,
                    )
                    for demand in rules.demands
                ]
            ),
            unscored_harm=MeanAboveSince(most, terms.mixture_every) if most < 1 else None,
            strata=Strata.begin(rules) if stage is Stage.MIRROR else None,
            drift=Drift.begin(rules, stage),
            scale=Scale.begin(rules),
        )

    def after(self, line: Line) -> Tally:
        """With more sessions, in start order. One by one or all at once gives the same."""
        if self.scale is None:
            return self._after(line)
        if self.scale.steady(line):
            return self._after(line, self.scale.behind(line))
        now = self
        for part, scale in self.scale.parts(line):
            now = now._after(part).on(scale)
        return now

    def on(self, scale: Scale) -> Tally:
        """From here on, on that scale: where it is another, what is measured begins anew."""
        before = self.scale
        begins = replace(self, scale=scale)
        if before is None or not before.name:
            return begins
        gates = tuple([scale.anew(before, gate) for gate in self.gates])
        moved = scale.name != before.name
        drift = self.drift.anew() if moved and self.drift is not None else self.drift
        return replace(begins, gates=gates, drift=drift)

    def _after(self, line: Line, scale: Scale | None = None) -> Tally:
        closed = [session for session in line if isinstance(session, Session)]
        if not line:
            return self
        fresh = [session for session in closed if session.fresh]
        own = [session for session in fresh if not session.resent]
        starts = [session.start_us for session in own if not session.ahead_us]
        unscored = self.unscored_harm
        still = len(line) if bare(line) else 0
        gates = tuple([g.waiting(still) if still else g.after(line) for g in self.gates])
        codes = Counter(self.codes)
        codes.update(code for session in closed for code in session.fail_codes)
        return Tally(
            gates,
            self.sessions + len(own),
            self.served + sum([bool(session.answered) for session in closed]),
            self.scored + sum([session.scored for session in closed]),
            self.unscored + sum([session.unscored for session in closed]),
            self.repeated + sum([session.repeated for session in closed]),
            min([*starts, *([] if self.first_us is None else [self.first_us])], default=None),
            max([*starts, *([] if self.last_us is None else [self.last_us])], default=None),
            codes,
            self.gaps + sum([session.gaps for session in closed]),
            self.late + sum([session.late for session in closed]),
            unscored.after([_unscored(session) for session in line]) if unscored else None,
            self.strata.after(line) if self.strata is not None else None,
            self.pace.after(starts),
            self.unpaired + sum([bool(session.unpaired) for session in closed]),
            self.resent + len(fresh) - len(own),
            self.drift.after(line) if self.drift is not None else None,
            max([self.ahead_us, *[one.start_us for one in own if one.ahead_us]]),
            self.lost + sum([session.lost for session in closed]),
            scale or self.scale,
            max([self.wrong_us, *[one.start_us - one.ahead_us for one in own if one.ahead_us]]),
        )

    @property
    def missing(self) -> float:
        """The share of exchanges without a score, of those that both sides answered or should have."""
        missing = self.unscored + self.lost
        return missing / max(1, self.scored + missing)

    @property
    def astray(self) -> float:
        """The share of them whose copy was shed or lost."""
        return self.lost / max(1, self.scored + self.unscored + self.lost)

    @property
    def lacking(self) -> float:
        """The share of exchanges that ask for what the candidate lacks."""
        return self.gaps / max(1, self.scored + self.unscored + self.gaps)

    @cached_property
    def log_harm(self) -> float:
        """The weighted mean of the acting gates' harm e-values; a silent gate counts as 1 (in live as 0)."""
        acting = [gate for gate in self.gates if gate.demand.mode is Mode.ACT]
        weights = [gate.demand.weight for gate in acting]
        logs = [gate.harm.log_e for gate in acting]
        if self.drift is not None and self.drift.acts:
            weights, logs = [*weights, self.drift.gate.weight], [*logs, self.drift.log_e]
        return log_mean(weights, logs)


def _unscored(session: Session | OpenSession) -> Place:
    """The part of a session's exchanges that has no score, of those that both sides answered or should have; None without any."""
    if isinstance(session, OpenSession):
        return UNKNOWN
    missing = session.unscored + session.lost
    return missing / (session.scored + missing) if session.scored + missing else None


@dataclass(frozen=True, slots=True)
class Views:
    """One look: `closed` is the longest closed prefix, `started` all sessions with the open ones at
    their worst. `joined` are the sessions that joined the prefix at this look, `tail` those
    behind it. `carried` is each gate's promotion evidence at the end of mirror by name, as
    natural logarithms; empty in mirror. `ratio` says how a canary step's sessions were given out,
    `pooled` what all tenants of the model show, where a promotion may rest on it.
    """

    closed: Tally
    started: Tally
    joined: tuple[Session, ...] = ()
    carried: Mapping[str, float] = field(default_factory=dict)
    tail: Line = ()
    ratio: SampleRatio | None = None
    pooled: Pooled | None = None
    worse: Tally = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Finds the view that speaks louder for a rollback: all gates at the same moment, or their mean proves nothing."""
        closed, started = self.closed, self.started
        louder = started if started.log_harm > closed.log_harm else closed
        object.__setattr__(self, "worse", louder)

    def log_shown(self, place: int) -> float:
        """One gate's evidence for promotion."""
        return max(self.closed.gates[place].shown.log_e, self.started.gates[place].shown.log_e)

    @property
    def log_unscored(self) -> float:
        """The evidence that too many scores are missing since some session."""
        found = [tally.unscored_harm for tally in (self.closed, self.started)]
        return max([one.log_e for one in found if one is not None], default=0.0)

    def log_against(self, place: int) -> float:
        """One gate's evidence of harm, by itself."""
        return max(self.closed.gates[place].harm.log_e, self.started.gates[place].harm.log_e)


@dataclass(slots=True)
class Account:
    """One standing's book and tally, kept between looks so that each look only adds what is new."""

    book: Book
    closed: Tally
    carried: Mapping[str, float] = field(default_factory=dict)
    _tail: Tail[Tally] = field(default_factory=Tail, repr=False, compare=False)

    @classmethod
    def begin(
        cls, rules: Rules, stage: Stage, step: int = 0, weights: Weights | None = None
    ) -> Account:
        """The first standing of an attempt: no answer has counted yet."""
        counted = Counted(by_day=stage is Stage.LIVE)
        return cls(Book(rules, counted), Tally.begin(rules, stage, step, weights))

    def next(self, stage: Stage, step: int = 0, weights: Weights | None = None) -> Account:
        """The attempt's next standing: harm starts afresh, counted answers stay counted.

        What was shown in mirror is carried; it was frozen when the rollout left mirror.
        """
        gates = self.closed.gates
        carried = self.carried or {gate.demand.name: gate.shown.log_e for gate in gates}
        rules = self.book.rules
        drift = self.closed.drift.next(rules, stage) if self.closed.drift else None
        begun = Tally.begin(rules, stage, step, weights)
        scale = self.closed.scale.next() if self.closed.scale else None
        barred = scale.barred(begun.gates) if scale else begun.gates
        begun = replace(begun, gates=barred, pace=self.closed.pace, drift=drift, scale=scale)
        counted = self.book.counted.next(by_day=stage is Stage.LIVE)
        return Account(Book(rules, counted), begun, carried)

    def resume(self, sessions: Sequence[Session]) -> None:
        """Take back sessions that joined the prefix before a restart, in the order they joined."""
        self.book.resume(sessions)
        self.closed = self.closed.after(sessions)

    def take(self, exchanges: Iterable[ScoredExchange]) -> None:
        """Take compared exchanges of this epoch, each once, in any order."""
        self.book.take(exchanges)

    def look(self, pending: Iterable[tuple[str, int]], now_us: int) -> Views:
        """What there is to judge now. `pending`: see `Book.look`."""
        look = self.book.look(pending, now_us)
        self.closed = self.closed.after(look.closed)
        # Where nothing is known of any open session, counting them makes no claim stronger.
        silent = bare(look.tail)
        started = self.closed if silent else self._tail.onto(self.closed, look.tail)
        return Views(self.closed, started, look.closed, self.carried, look.tail)
