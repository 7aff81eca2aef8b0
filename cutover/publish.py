"""What the controller tells the proxies: every rollout's standing, as the route table has it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cutover.cabinet import Cabinet, File
from cutover.emergency.drills import diverting
from cutover.emergency.switches import Switches
from cutover.history import Key
from cutover.lease import LeaseLost
from cutover.people import CONTROLLER
from cutover.reconcile import reconcile
from cutover.refusals import StandsBy
from cutover.rollout import Rollout
from cutover.stages import Stage
from mirror.journal import events
from mirror.journal.sightings import Sighting
from mirror.journal.store import StoreError
from mirror.outage import Outage
from mirror.publish import FENCE
from mirror.route_table import RouteTable, Standing
from mirror.served import CLOUD
from policies.policy import Cloud, Policy, Sampling
from policies.policy import Rollout as Declared

log = logging.getLogger("crossfade.controller")

UNPUBLISHED, PUBLISHED = "routes.unpublished", "routes.published"
UNWRITTEN = "the route table was not published"
UNTOLD = "nobody is told of the route table"

Publish = Callable[[RouteTable], None]
"""Hands the route table to the proxies."""

type _Known = tuple[Rollout, bool, int | None, Sighting | None]
"""What a rollout's row is made of, beside the policy."""


@dataclass(slots=True)
class Publisher:
    """Hands out tables, each with a version of its own. `trouble` is why the last one was not written; "" where it was."""

    policy: Policy
    to: Publish
    outage: Outage
    trouble: str = ""
    _reported: bool = False
    _count: int = 0
    _kept: dict[Key, tuple[_Known, Standing]] = field(default_factory=dict)

    def publish(self, cabinet: Cabinet) -> int:
        """Where every rollout of the policy stands; the table's version, 0 where it was not written.

        The caller has the cabinet's lock.

        Raises StandsBy. A table that could not be written is told in the log and by an event: the
        proxies keep the last one, and the next tick tries again.
        """
        if cabinet.tenure.put_back:
            reconcile(cabinet)
        self._count += 1
        standings = [
            self._standing(cabinet, file, file.declared)
            for file in cabinet.files.values()
            if file.declared is not None
        ]
        whole = table(
            standings,
            diverting(cabinet.switches, cabinet.drills),
            fence=cabinet.fence,
            count=self._count,
            now_us=cabinet.now_us(),
        )
        try:
            self.to(whole)
        except OSError as error:
            self.outage.failed(log, UNWRITTEN, error)
            self._tell(cabinet, str(error))
            return 0
        self.outage.worked(log, UNWRITTEN)
        self._tell(cabinet, "")
        return whole.version

    def stand_by(self) -> None:
        """Another controller publishes: what this one could not do is its trouble no more."""
        self.outage.worked(log, UNWRITTEN)
        self.outage.worked(log, UNTOLD)

    def _tell(self, cabinet: Cabinet, trouble: str) -> None:
        """Appends that the proxies could not be told, and that they were again: once each."""
        self.trouble = trouble
        with self.outage.waited_out(log, UNTOLD, StoreError, LeaseLost, StandsBy):
            if bool(trouble) == self._reported:
                return
            with cabinet.writing() as conn:
                events.append(
                    conn,
                    tenant="",
                    type=UNPUBLISHED if trouble else PUBLISHED,
                    actor=CONTROLLER.body(),
                    object={"kind": "route_table", "id": "the route table"},
                    at_us=cabinet.now_us(),
                    reason=trouble,
                )
            self._reported = bool(trouble)

    def _standing(self, cabinet: Cabinet, file: File, declared: Declared) -> Standing:
        """A rollout's row: of thousands most are as they were a second ago, and are not made anew."""
        key = file.rollout.key
        known = (file.rollout, file.burst_done, file.reasks.known, cabinet.sighted.get(key))
        kept = self._kept.get(key)
        if kept is None or kept[0] != known:
            rollout, burst_done, reasked_today, sighting = known
            row = standing(
                self.policy,
                declared,
                rollout,
                burst_done=burst_done,
                reasked_today=reasked_today,
                sighting=sighting,
            )
            self._kept[key] = kept = (known, row)
        return kept[1]


def table(
    standings: Iterable[Standing], switches: Switches, *, fence: int, count: int, now_us: int
) -> RouteTable:
    """The route table of one tick."""
    return RouteTable(
        version=fence * FENCE + count,
        published_us=now_us,
        standings={(one.tenant, one.route): one for one in standings},
        emergencies=frozenset([(one.tenant, one.route) for one in switches.emergencies]),
        drains={one.upstream: one.until_us for one in switches.drains},
        factors={one.upstream: one.factor for one in switches.halved},
    )


def standing(
    policy: Policy,
    declared: Declared,
    rollout: Rollout,
    *,
    burst_done: bool,
    reasked_today: int | None = 0,
    sighting: Sighting | None = None,
) -> Standing:
    """One rollout's standing as the proxy must obey it.

    The salt changes with the attempt, so that a retry does not meet the same sessions first, and
    with nothing else, so that widening never moves a session back. The candidate is the one that
    was judged, not the one of the policy: a proxy whose policy names another lets it answer nobody.
    """
    terms = policy.terms_of(declared)
    return Standing(
        tenant=rollout.tenant,
        route=rollout.route,
        stage=rollout.stage.value,
        share=rollout.share(terms.steps),
        epoch=rollout.epoch,
        salt=f"{policy.deployment}/{rollout.tenant}/{rollout.route}/{rollout.attempt}",
        shadow_percent=_shadow_percent(rollout.stage, terms.sampling.shadow_percent),
        reverse_percent=_reverse_percent(rollout.stage, terms.sampling),
        reask_percent=_reask_percent(policy, declared, burst_done, reasked_today),
        candidate=rollout.candidate,
        barred=_barred(policy, declared, sighting),
    )


def _barred(policy: Policy, declared: Declared, sighting: Sighting | None) -> bool:
    """Whether the candidate may get nothing more: a cloud answered for it, and the tenant forbids that."""
    forbids = policy.tenants[declared.tenant].cloud is Cloud.FORBIDDEN
    return forbids and sighting is not None and sighting.what.startswith(CLOUD)


def _shadow_percent(stage: Stage, sampled: float) -> float:
    match stage:
        case Stage.OFF | Stage.ROLLED_BACK:
            return 0.0
        case Stage.MIRROR | Stage.CANARY | Stage.LIVE:
            return sampled


def _reverse_percent(stage: Stage, sampling: Sampling) -> float:
    match stage:
        case Stage.CANARY:
            return sampling.reverse_percent.canary
        case Stage.LIVE:
            return sampling.reverse_percent.live
        case Stage.OFF | Stage.MIRROR | Stage.ROLLED_BACK:
            return 0.0


def _reask_percent(
    policy: Policy, declared: Declared, burst_done: bool, reasked_today: int | None
) -> float:
    """Nothing without the tenant's consent, or when the day's budget is spent, as it may be until it was counted.

    Else everything until the burst exists, then a little.
    """
    sampling = policy.terms_of(declared).sampling
    spent = reasked_today is None or reasked_today >= sampling.reask_max_per_day
    if not policy.tenants[declared.tenant].reask or spent:
        return 0.0
    return sampling.reask_percent if burst_done else 100.0
