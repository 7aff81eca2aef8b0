"""Rehearses a migration: recorded answers, real processes, the real client, and a report of it all.

Start reading at `rehearse`: read the answers, start servers and deployment, drive the sessions,
wait until the last comparison is judged, and tell what happened.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cutover.rehearsal import answers, policy, report, served
from cutover.rehearsal.answers import Recording
from cutover.rehearsal.box import Box, deployed, folder
from cutover.rehearsal.control import View
from cutover.rehearsal.driver import Driver, Tally, an_app, sessions
from cutover.rehearsal.policy import EXAMPLE, Cast, Wire
from cutover.rehearsal.replay import Replay, Worsening, by_prompt
from cutover.rehearsal.screen import Screen
from cutover.rehearsal.servers import serving
from cutover.rehearsal.story import Story
from cutover.rehearsal.watch import Watch
from mirror.exchange import Side
from policies.load import load
from policies.policy import Policy

SEED = "crossfade"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person asks of a rehearsal. `sessions` and `rate` (a second) are of each tenant."""

    answers: Path
    cast: Cast
    worsen_after: int | None = None
    sessions: int | None = None
    tenants: int | None = None
    policy: Path | None = None
    approve: bool = True
    rate: float = 3.0
    data: Path | None = None


@dataclass(slots=True)
class Rehearsal:
    """One rehearsal under way."""

    settings: Settings
    screen: Screen
    recording: Recording
    policy: Policy
    worsening: Worsening | None
    tallies: dict[str, Tally] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Sessions of each tenant."""
        return self.settings.sessions or len(self.recording.lines)


async def rehearse(settings: Settings, screen: Screen) -> dict[str, object]:
    """Runs a rehearsal and returns its report.

    Raises AnswersError, PolicyError, UnfitPolicy, UsedFolder and HomeError for what the person can
    mend; NotReady and Stalled for what they cannot.
    """
    recording = answers.read(settings.answers, settings.cast.models)
    wire = Wire(recording.routes)
    wanted = chosen(settings, recording)
    worsening = Worsening(settings.cast.worsen_to) if settings.cast.worsen_to else None
    lines = by_prompt(recording.lines)
    cast = settings.cast
    parts = {
        Side.PRIMARY: Replay(wire.names(cast.primary), lines, reask=cast.noise),
        Side.CANDIDATE: Replay(wire.names(cast.candidate), lines, worsening=worsening),
    }
    with folder(settings.data) as data:
        async with (
            serving(parts[Side.PRIMARY]) as primary,
            serving(parts[Side.CANDIDATE]) as candidate,
        ):
            urls = {Side.PRIMARY: primary.base_url, Side.CANDIDATE: candidate.base_url}
            staged = policy.staged(
                wanted, cast=cast, wire=wire, base_url=lambda _, side: urls[side]
            )
            rehearsal = Rehearsal(settings, screen, recording, staged, worsening)
            _announce(rehearsal)
            async with deployed(staged, data, users=[], dashboard=False, say=screen.say) as box:
                return await _played(rehearsal, box, wire)


def chosen(settings: Settings, recording: Recording) -> Policy:
    """The policy to rehearse with, before servers take the upstreams' places. Raises PolicyError."""
    if settings.policy is None:
        return policy.with_tenants(load(EXAMPLE), settings.tenants or 1, recording.routes)
    return policy.first_tenants(load(settings.policy), settings.tenants)


def label(settings: Settings, staged: Policy) -> str:
    """How screen and report call the policy."""
    if settings.policy is None:
        return f"{staged.deployment}, not for production: {policy.demands(staged)}"
    return f"{settings.policy.name}, rehearsed: {policy.demands(staged)}"


def _announce(rehearsal: Rehearsal) -> None:
    settings, screen = rehearsal.settings, rehearsal.screen
    cast = settings.cast
    noise = f"noise from {cast.noise}" if cast.noise else "no noise: agreement against a bar"
    screen.say(f"primary [b]{cast.primary}[/b], candidate [b]{cast.candidate}[/b], {noise}")
    screen.say(f"policy [b]{label(settings, rehearsal.policy)}[/b]")
    if settings.policy is not None:
        screen.say(
            "its terms, tenants and rollouts are used; upstream addresses, keys, model names "
            "and route rules are the replay servers'"
        )
    if settings.data is not None:
        screen.say(f"data folder {settings.data}")
    for remark in rehearsal.recording.remarks():
        screen.say(remark)
    prompts = len(rehearsal.recording.lines)
    screen.say(
        f"{rehearsal.length} sessions a tenant, each one exchange, over {prompts} prompts: the "
        "evidence is about these prompts; repeats add traffic and no evidence"
    )


async def _played(rehearsal: Rehearsal, box: Box, wire: Wire) -> dict[str, object]:
    """Drives every tenant, waits for the end, and composes the report."""
    started_s = time.monotonic()
    names = list(dict.fromkeys(rollout.tenant for rollout in rehearsal.policy.rollouts))
    rehearsal.tallies = {name: Tally() for name in names}
    if rehearsal.worsening is not None:
        first_bad = (rehearsal.settings.worsen_after or 0) + 1
        rehearsal.worsening.after = dict.fromkeys(names, first_bad)
    story = Story(rehearsal.screen, rehearsal.tallies)
    watch = Watch(
        box.control,
        rehearsal.tallies,
        approves=lambda _: rehearsal.settings.approve,
        on_view=story.saw,
    )
    rehearsal.screen.of = rehearsal.length
    with rehearsal.screen.redrawing():
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(watch.run())
            async with asyncio.TaskGroup() as driving:
                for name in names:
                    driving.create_task(_drive(rehearsal, watch, box, name, wire))
            rehearsal.screen.say("all sessions are over; waiting for the last shadow and score")
            await watch.end()
            looking.cancel()
    return await _report(rehearsal, box, story, time.monotonic() - started_s)


async def _drive(rehearsal: Rehearsal, watch: Watch, box: Box, tenant: str, wire: Wire) -> None:
    cast = rehearsal.settings.cast
    async with an_app(box.running.proxy_url, policy.app_key(tenant)) as app:
        driver = Driver(
            app=app,
            tenant=tenant,
            rate=rehearsal.settings.rate,
            model_of=lambda line: wire.name(cast.primary, line.route),
            settled=lambda: watch.settled(tenant),
            go_on=lambda: True,
            tally=rehearsal.tallies[tenant],
        )
        plan = sessions(rehearsal.recording.lines, f"{SEED}/{tenant}")
        await driver.run(itertools.islice(plan, rehearsal.length))


async def _report(
    rehearsal: Rehearsal, box: Box, story: Story, seconds: float
) -> dict[str, object]:
    bad_us: Mapping[str, int] = (
        rehearsal.worsening.first_bad_us if rehearsal.worsening is not None else {}
    )
    found = [
        report.Rehearsed(
            view=await box.control.rollout(view.tenant, view.route),
            sessions=_sessions(rehearsal, view),
            first_bad_us=bad_us.get(view.tenant),
        )
        for view in story.latest.values()
    ]
    errors = sum(tally.client_errors for tally in rehearsal.tallies.values())
    given = await asyncio.to_thread(served.answers, box.store)
    name = label(rehearsal.settings, rehearsal.policy)
    return report.report(name, found, given, errors, seconds)


def _sessions(rehearsal: Rehearsal, view: View) -> int:
    """Sessions of one rollout: a tenant's sessions, where the file has one route; else those seen."""
    if len(rehearsal.recording.routes) == 1:
        return rehearsal.tallies[view.tenant].sent
    return view.ledger.seen
