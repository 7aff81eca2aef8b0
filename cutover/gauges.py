"""How the controller and the rollouts stand, for Prometheus.

By default rollouts are counted, so that a fleet of thousands makes no more series than one of ten;
`each` tells every one of them too, for those who ask for it. Times are seconds since 1970.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from cutover import keyless, unsigned
from cutover.approving.approvals import Proposal
from cutover.controller import Controller
from cutover.evidence.verdict import Kind
from cutover.file import File
from cutover.history import Key
from cutover.notices import outbox
from cutover.pulse import Pulse
from cutover.refusals import StandsBy
from cutover.review import telling
from cutover.stages import Stage
from cutover.tables import transition
from mirror.proxy.metrics import Labels, Sample, page
from policies.policy import Step

_TYPES = {
    "crossfade_controller_acting": ("gauge", "1 where this controller acts, 0 where it stands by."),
    "crossfade_lease_fence": ("gauge", "Number of the lease of the controller that acts; grows with each that takes it."),
    "crossfade_ticks_total": ("counter", "Ticks of the controller that came to their end."),
    "crossfade_tick_seconds_total": ("counter", "Time that they took."),
    "crossfade_tick_last_seconds": ("gauge", "Time that the last one took."),
    "crossfade_tick_ended_seconds": ("gauge", "When the last one ended, in seconds since 1970."),
    "crossfade_table_unpublished": ("gauge", "1 while the proxies cannot be told where rollouts stand."),
    "crossfade_rollouts": ("gauge", "Rollouts by stage and verdict."),
    "crossfade_rollouts_held": ("gauge", "Rollouts that a person or a missing proof keeps where they are."),
    "crossfade_moves_total": ("counter", "Moves of rollouts, by the stage they led to and who made them."),
    "crossfade_proposals_open": ("gauge", "Proposals that wait for people."),
    "crossfade_proposal_expires_seconds": ("gauge", "When the next of them expires, in seconds since 1970."),
    "crossfade_notice_failing_seconds": ("gauge", "For how long nothing has reached a destination of notices; 0 where it is well."),
    **unsigned.TYPES,
    **keyless.TYPES,
    **telling.TYPES,
    "crossfade_rollout_share_ratio": ("gauge", "Share of a rollout's sessions that the candidate answers."),
    "crossfade_rollout_stage": ("gauge", "1 for the stage in which a rollout stands."),
    "crossfade_rollout_verdict": ("gauge", "1 for the verdict on a rollout."),
    "crossfade_rollout_held": ("gauge", "1 while a rollout is held."),
    "crossfade_rollout_sessions": ("gauge", "Sessions that the verdict rests on."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stood:
    """One rollout as it stands; the share is a percentage."""

    key: Key
    stage: Stage
    verdict: str
    share: float
    sessions: int
    held: bool
    proposal: Proposal | None = None


def text(controller: Controller, pulse: Pulse, *, each: bool = False) -> str:
    """The page that Prometheus reads. A controller that stands by tells of itself alone. Raises StoreError."""
    samples: list[Sample] = [("crossfade_controller_acting", (), float(controller.acting))]
    samples += pulse.samples()
    if (fence := _fence(controller)) is not None:
        samples += [
            ("crossfade_lease_fence", (), fence),
            ("crossfade_table_unpublished", (), float(bool(controller.trouble))),
            *_of_rollouts(standing(controller), each),
            *_of_store(controller),
        ]
    return page(_TYPES, samples)


def _of_rollouts(stood: Sequence[Stood], each: bool) -> Iterator[Sample]:
    yield from counted(stood)
    yield from proposed([one.proposal for one in stood if one.proposal])
    for one in stood if each else ():
        yield from told(one)


def _of_store(controller: Controller) -> Iterator[Sample]:
    names = [to.to for to in controller.policy.notify]
    now_us = controller.cabinet.now_us()
    with controller.cabinet.store.read() as conn:
        yield from moves(conn)
        yield from notices(conn, names, now_us)
        yield from unsigned.samples(conn, now_us)
        yield from keyless.samples(conn, now_us)
        yield from telling.samples(conn, controller.policy, now_us)


def standing(controller: Controller) -> list[Stood]:
    """Every rollout of the policy, as the controller that acts knows it."""
    cabinet = controller.cabinet
    with cabinet.lock:
        files = [file for file in cabinet.files.values() if file.declared is not None]
        return [_stood(file, cabinet.terms(file).steps) for file in files]


def _stood(file: File, steps: tuple[Step, ...]) -> Stood:
    rollout, (verdict, sessions) = file.rollout, file.judged
    share, held = rollout.share(steps), bool(rollout.held_by)
    return Stood(rollout.key, rollout.stage, verdict, share, sessions, held, file.proposal)


def counted(stood: Sequence[Stood]) -> Iterator[Sample]:
    """How many there are. A kind that nobody is of has a 0, so that its first one is a change."""
    found = Counter((one.stage.value, one.verdict) for one in stood)
    for stage in Stage:
        for verdict in Kind:
            of = (("stage", stage.value), ("verdict", verdict.value))
            yield "crossfade_rollouts", of, found[stage.value, verdict.value]
    yield "crossfade_rollouts_held", (), sum(one.held for one in stood)


def moves(conn: Connection) -> Iterator[Sample]:
    """The moves since the store began, by where they led and whether the controller or somebody else made them."""
    by_controller = transition.c.actor == "controller"
    query = select(transition.c.to_stage, by_controller, func.count()).group_by(
        transition.c.to_stage, by_controller
    )
    found = {(stage, bool(own)): count for stage, own, count in conn.execute(query)}
    for stage in Stage:
        for own, by in ((True, "controller"), (False, "person")):
            of = (("to", stage.value), ("by", by))
            yield "crossfade_moves_total", of, found.get((stage.value, own), 0)


def proposed(waiting: Sequence[Proposal]) -> Iterator[Sample]:
    """The proposals that are open."""
    yield "crossfade_proposals_open", (), len(waiting)
    if waiting:
        soonest_us = min(one.expires_us for one in waiting)
        yield "crossfade_proposal_expires_seconds", (), soonest_us / 1e6


def notices(conn: Connection, destinations: Sequence[str], now_us: int) -> Iterator[Sample]:
    """How it goes with each destination of notices; destinations are names, no addresses."""
    for name in destinations:
        since_us = outbox.failing_since_us(conn, name)
        failing_s = max(0, now_us - since_us) / 1e6 if since_us else 0.0
        yield "crossfade_notice_failing_seconds", (("destination", name),), failing_s


def told(one: Stood) -> Iterator[Sample]:
    """One rollout by itself."""
    of: Labels = (("tenant", one.key[0]), ("route", one.key[1]))
    yield "crossfade_rollout_share_ratio", of, one.share / 100
    yield "crossfade_rollout_stage", (*of, ("stage", one.stage.value)), 1.0
    yield "crossfade_rollout_verdict", (*of, ("verdict", one.verdict)), 1.0
    yield "crossfade_rollout_held", of, float(one.held)
    yield "crossfade_rollout_sessions", of, one.sessions


def _fence(controller: Controller) -> int | None:
    try:
        return controller.cabinet.tenure.lease.fence
    except StandsBy:
        return None
