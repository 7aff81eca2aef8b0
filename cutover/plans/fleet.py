"""The fleet's plan as the store keeps it: declared once, and the evidence that its promotions were made on.

A plan is declared with the rollouts that it has at its first sight, because the share of its
promotions that may be false is promised for that many. One that joins later needs another plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, select

from cutover import deeds, history, tables
from cutover.evidence.verdict import Kind
from cutover.history import Key
from cutover.people import Deed
from cutover.plans import plan
from cutover.plans.frozen import Almanac
from cutover.plans.plan import Progress, Turn
from cutover.rollout import Rollout
from cutover.stages import Signal, Stage
from cutover.views import Told, shown_log10
from mirror.journal import events
from mirror.journal.tables import event
from policies.policy import Policy

DRILLED = "drill.passed"
"""The event of a rollback drill that went as it should; its object is the rollout."""

type Standing = tuple[Rollout, float]
"""A rollout, and what its last verdict shows for a promotion (`views.shown_log10`)."""

_PROMOTED = (Stage.CANARY, Stage.LIVE)


@dataclass(frozen=True, slots=True)
class Left:
    """How a rollout left mirror in its present attempt: when, and on which evidence (log10 of its e-value)."""

    at_us: int
    shown_log10: float


@dataclass(slots=True)
class Fleet:
    """What is known of the plan's rollouts. Looked at anew at every tick; empty where there is no plan."""

    policy: Policy
    almanac: Almanac
    declared: frozenset[Key] | None = None
    turns: tuple[Turn, ...] = ()
    planned: frozenset[Key] = field(init=False)
    _left: dict[tuple[Key, int], Left] = field(default_factory=dict)
    _drilled: set[tuple[Key, int]] = field(default_factory=set)
    _shown: dict[Key, float] = field(default_factory=dict)
    _ranked: list[float] = field(default_factory=list)
    _cuts: dict[float, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Finds the rollouts of the policy that the plan is about."""
        keys = [(one.tenant, one.route.value) for one in self.policy.rollouts]
        entries = self.policy.plan.entries if self.policy.plan else ()
        self.planned = frozenset([k for one in entries for k in plan.members(one, keys)])

    @property
    def undeclared(self) -> bool:
        """Whether there is a plan that nobody has declared."""
        return self.policy.plan is not None and self.declared is None

    def forget(self) -> None:
        """Another controller may have declared another plan, or moved what is remembered here."""
        self.declared, self.turns = None, ()
        self._left.clear()
        self._drilled.clear()
        self._shown.clear()
        self._ranked.clear()
        self._cuts = {}

    def look(self, conn: Connection, standings: Iterable[Standing], now_us: int) -> None:
        """Reads what is not known yet, and sees whose turn it is."""
        if self.policy.plan is None:
            return
        if self.declared is None:
            self.declared = _declared(conn, self.policy.plan.name)
        mine = [one for one in standings if one[0].key in self.planned]
        for rollout, _ in mine:
            self._remember(conn, rollout)
        self._hear_of_drills(conn, [rollout for rollout, _ in mine])
        self.see(mine, now_us)

    def see(self, standings: Iterable[Standing], now_us: int) -> None:
        """Sees whose turn it is, from what is known already."""
        if self.policy.plan is None or self.declared is None:
            return
        progress = {}
        for rollout, shown in standings:
            drilled = (rollout.key, rollout.attempt) in self._drilled
            progress[rollout.key] = Progress.of(rollout, drilled=drilled)
            self._shown[rollout.key] = self.value_log10(rollout, shown)
        every = [self._shown.get(key, 0.0) for key in self.declared]
        self._ranked, self._cuts = sorted(every, reverse=True), {}
        self.turns = plan.turns(self.policy.plan, self.almanac, self.declared, progress, now_us)

    def waits(self, rollout: Rollout, signal: Signal, told: Told) -> str:
        """Why the plan does not let a rollout make a move now, "" where it does."""
        found = self.policy.plan
        if found is None or rollout.key not in self.planned:
            return ""
        if self.declared is None:
            return f"the plan `{found.name}` is not declared yet"
        if rollout.key not in self.declared:
            return (
                f"it joined after the plan `{found.name}` was declared with "
                f"{len(self.declared)} rollouts: declare a plan of another name"
            )
        why = plan.waits(self.turns, rollout.key, plan.aim(rollout, signal))
        return why or self._evidence(rollout, signal, told)

    def cut_log10(self, key: Key) -> float:
        """The evidence that a rollout needs to leave mirror, beside that of each gate."""
        assert self.policy.plan is not None, "asked of a planned rollout"
        assert self.declared is not None, "of a declared plan"
        if not self._cuts:
            rate = self.policy.plan.false_discoveries
            self._cuts = plan.cuts_log10(self._ranked, rate)
        return self._cuts[self._shown.get(key, 0.0)]

    def value_log10(self, rollout: Rollout, shown_log10: float) -> float:
        """What a rollout has shown for the plan: now in mirror, frozen since it left it, nothing elsewhere."""
        if rollout.stage is Stage.MIRROR:
            return shown_log10
        left = self._left.get((rollout.key, rollout.attempt))
        return left.shown_log10 if left and rollout.stage in _PROMOTED else 0.0

    def _evidence(self, rollout: Rollout, signal: Signal, told: Told) -> str:
        """Why e-BH does not let a rollout leave mirror yet."""
        assert self.declared is not None, "asked of a declared plan"
        leaves = rollout.stage is Stage.MIRROR and signal in (
            Signal.ENTER_CANARY,
            Signal.GO_LIVE,
        )
        if not leaves or told.verdict != Kind.PROMOTE:  # what a gate lacks, the verdict says
            return ""
        needed, shown = self.cut_log10(rollout.key), shown_log10(told.evidence)
        if shown >= needed:
            return ""
        return (
            f"the plan asks for evidence of 10^{needed:.2f} beside what the other "
            f"{len(self.declared) - 1} of its rollouts have shown, this one has 10^{shown:.2f}"
        )

    def _remember(self, conn: Connection, rollout: Rollout) -> None:
        """How a rollout left mirror."""
        at = (rollout.key, rollout.attempt)
        if rollout.stage not in _PROMOTED:
            return
        if at not in self._left:
            found = [
                one
                for one in history.moves(conn, rollout.key)
                if one.transition.from_stage is Stage.MIRROR
            ]
            if not found:
                return
            evidence = json.loads(found[-1].evidence or "{}")
            shown = shown_log10(evidence.get("evidence", ()))
            self._left[at] = Left(found[-1].transition.at_us, shown)

    def _hear_of_drills(self, conn: Connection, rollouts: Iterable[Rollout]) -> None:
        """Whose drill passed since it left mirror, where the plan wants one. One question for all of them."""
        to_drill = self._to_drill
        missing = {}
        for one in rollouts:
            at = (one.key, one.attempt)
            if one.key in to_drill and at in self._left and at not in self._drilled:
                missing[one.key] = at
        if not missing:
            return
        passed = _drills_since(conn, min(self._left[at].at_us for at in missing.values()))
        for key, at in missing.items():
            if passed.get(key, -1) >= self._left[at].at_us:
                self._drilled.add(at)

    @property
    def _to_drill(self) -> frozenset[Key]:
        """The rollouts of entries that demand a drill."""
        return frozenset([key for one in self.turns if one.entry.drill for key in one.members])


def declare(conn: Connection, policy: Policy, planned: Iterable[Key], deed: Deed) -> None:
    """Declares a policy's plan with its rollouts of now."""
    assert policy.plan is not None, "there is one to declare"
    names = sorted("/".join(key) for key in planned)
    conn.execute(
        insert(tables.plan).values(
            name=policy.plan.name, rollouts=json.dumps(names), declared_us=deed.at_us
        )
    )
    deeds.report(
        conn,
        deed,
        "plan.declared",
        ("plan", policy.plan.name),
        details={
            "rollouts": names,
            "false_discoveries": f"{policy.plan.false_discoveries:g}",
            **events.changed(None, "declared"),
        },
    )


def _declared(conn: Connection, name: str) -> frozenset[Key] | None:
    row = conn.execute(select(tables.plan.c.rollouts).where(tables.plan.c.name == name)).first()
    if row is None:
        return None
    pairs = [written.partition("/") for written in json.loads(row.rollouts)]
    return frozenset([(tenant, route) for tenant, _, route in pairs])


def _drills_since(conn: Connection, since_us: int) -> dict[Key, int]:
    """When the newest drill of each rollout passed, of those since then."""
    query = select(event.c.at_us, event.c.body).where(event.c.type == DRILLED)
    found: dict[Key, int] = {}
    for row in conn.execute(query.where(event.c.at_us >= since_us).order_by(event.c.at_us)):
        tenant, _, route = json.loads(row.body)["object"]["id"].rpartition("/")
        found[tenant, route] = row.at_us
    return found
