"""The demo: three clinics migrate at once, each with a story of its own.

`klinik-sihat` is healthy and goes live. `klinik-harapan`'s candidate turns bad in canary and is
rolled back while nobody acts. `klinik-tertutup` forbids the cloud and moves between two servers of
its own, while the cloud's server and a listener for any other cloud count what reaches them of it.
"""

from __future__ import annotations

import asyncio
import json
import shlex
import shutil
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cutover.rehearsal import answers, policy, report, served
from cutover.rehearsal.answers import Recording
from cutover.rehearsal.box import LEAD, Box, deployed, folder, password_file
from cutover.rehearsal.chapters import Chapter, Fate, the_clinics
from cutover.rehearsal.clinics import CLOUD, ELSEWHERE, GPU, OWN, clinics
from cutover.rehearsal.control import View
from cutover.rehearsal.driver import Driver, Tally, an_app, sessions
from cutover.rehearsal.policy import EXAMPLE, Cast, Wire
from cutover.rehearsal.replay import Replay, Worsening, by_prompt
from cutover.rehearsal.screen import Screen
from cutover.rehearsal.servers import Listener, ReplayServer, listening, serving
from cutover.rehearsal.story import Story
from cutover.rehearsal.summary import summary
from cutover.rehearsal.watch import Watch
from policies.load import load

ANSWERS = Path(__file__).with_name("clinic_answers.jsonl")
CAST = Cast("primary", "good", noise="primary-again", worsen_to="broken")
PERSON = "lead"
RATE = 2.0
LONGEST_S = 30 * 60.0
"""How long the traffic goes on while nobody approves."""


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """What a person asks of the demo. With `ask` a person approves, else a demo user."""

    ask: bool = True
    data: Path | None = None
    dashboard: bool = True


@dataclass(frozen=True, slots=True)
class Scenery:
    """What stands around the deployment: the servers by upstream, and the listener."""

    servers: Mapping[str, ReplayServer]
    listener: Listener
    worsening: Worsening

    def urls(self) -> dict[str, str]:
        """Base URLs by upstream."""
        played = {name: server.base_url for name, server in self.servers.items()}
        return {**played, ELSEWHERE: self.listener.base_url}


@dataclass(slots=True)
class Demo:
    """One demo under way."""

    settings: DemoSettings
    screen: Screen
    recording: Recording
    scenery: Scenery
    chapters: dict[str, Chapter]
    tallies: dict[str, Tally]
    data: Path
    started_s: float = field(default_factory=time.monotonic)

    @property
    def over(self) -> bool:
        """Whether every story has ended, or the longest time has passed."""
        if time.monotonic() - self.started_s > LONGEST_S:
            return True
        return all(chapter.fate is not Fate.GOING for chapter in self.chapters.values())

    def saw(self, view: View) -> None:
        """Moves a clinic's story on."""
        chapter, tally = self.chapters[view.tenant], self.tallies[view.tenant]
        if chapter.turns_bad(view, tally):
            self.scenery.worsening.after[view.tenant] = tally.sent + 1
            self.screen.say(
                f"[b]{view.tenant}[/b]: its candidate gives broken answers from now on, "
                "and nobody will do anything about it"
            )
        before, waited = chapter.fate, chapter.waits
        chapter.saw(view, tally)
        if self.settings.ask and chapter.waits and not waited:
            self.screen.say(f"  approve it in the dashboard, or paste: {self.paste(view)}")
        if chapter.fate is not before:
            self.screen.say(f"[b]{view.tenant}[/b]: {chapter.end()}")

    def paste(self, view: View) -> str:
        """The command that approves a rollout's proposal, as this shell would find it."""
        return (
            f"{_command()} approve {view.tenant}/{view.route} --as {PERSON} "
            f"--reason 'the evidence is shown' --data {shlex.quote(str(self.data))}"
        )

    def as_told(self) -> bool:
        """Whether the stories went as told; where a person approves, they may also not have ended."""
        fine = {Fate.AS_TOLD, Fate.GOING} if self.settings.ask else {Fate.AS_TOLD}
        return all(chapter.fate in fine for chapter in self.chapters.values())


async def demo(settings: DemoSettings, screen: Screen) -> bool:
    """Runs the demo; whether the stories went as told.

    Raises AnswersError, UsedFolder, HomeError, NotReady and Stalled.
    """
    recording = answers.read(ANSWERS, CAST.models)
    wire = Wire(recording.routes)
    chapters = {chapter.tenant: chapter for chapter in the_clinics()}
    async with AsyncExitStack() as stack:
        data = stack.enter_context(folder(settings.data))
        scenery = await stack.enter_async_context(_scenery(recording, wire))
        tallies = {name: Tally() for name in chapters}
        play = Demo(settings, screen, recording, scenery, chapters, tallies, data)
        wanted = clinics(
            load(EXAMPLE), chapters.values(), cast=CAST, wire=wire, urls=scenery.urls()
        )
        screen.say("starting the proxy, the workers, the controller and the dashboard")
        box = await stack.enter_async_context(
            deployed(wanted, data, users=[PERSON], dashboard=settings.dashboard, say=screen.say)
        )
        screen.say(f"policy [b]demo, not for production[/b]: {policy.demands(wanted)}")
        _invite(play, box)
        views = await _played(play, box, wire)
        await _told(play, box, views, policy.demands(wanted))
        if settings.ask and settings.dashboard:
            await _kept_open(screen)
    return play.as_told()


@asynccontextmanager
async def _scenery(recording: Recording, wire: Wire) -> AsyncIterator[Scenery]:
    lines = by_prompt(recording.lines)
    worsening = Worsening("broken")
    primary = Replay(wire.names(CAST.primary), lines, reask=CAST.noise)
    candidate = Replay(wire.names(CAST.candidate), lines, worsening=worsening)
    async with (
        serving(primary) as cloud,
        serving(primary) as own,
        serving(candidate) as gpu,
        listening() as listener,
    ):
        yield Scenery({CLOUD: cloud, OWN: own, GPU: gpu}, listener, worsening)


def _invite(play: Demo, box: Box) -> None:
    """Where to click and what to paste."""
    say = play.screen.say
    dashboard = box.running.deployment.dashboard
    if dashboard is not None:
        host, port = dashboard
        say(f"dashboard [b]http://{host}:{port}[/b]")
        file = password_file(box.home, PERSON)
        say(f"sign in as [b]{PERSON}[/b], with the password in {file}")
    if not play.settings.ask:
        say(f"approvals are given by the demo user {LEAD}")
        return
    say(
        "you approve the moves to canary and to live, in the dashboard or with the command shown, "
        "each time with that password"
    )
    say("until you do, traffic goes on with prompts that were asked before")


def _command() -> str:
    """The command as this shell would find it."""
    called = Path(sys.argv[0])
    if called.name == "crossfade":
        return "crossfade" if shutil.which("crossfade") else str(called)
    return f"{sys.executable} -m cutover.cli"


async def _played(play: Demo, box: Box, wire: Wire) -> list[View]:
    """Drives the clinics until their stories end; the rollouts as they stand then."""
    story = Story(play.screen, play.tallies)

    def saw(view: View) -> None:
        story.saw(view)
        play.saw(view)

    watch = Watch(
        box.control, play.tallies, approves=lambda _: not play.settings.ask, on_view=saw
    )
    with play.screen.redrawing():
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(watch.run())
            async with asyncio.TaskGroup() as driving:
                for chapter in play.chapters.values():
                    driving.create_task(_drive(play, watch, box, chapter, wire))
            play.screen.say("the stories are told; waiting for the last shadow and score")
            await watch.end()
            looking.cancel()
    return [await box.control.rollout(*key) for key in watch.views]


async def _drive(play: Demo, watch: Watch, box: Box, chapter: Chapter, wire: Wire) -> None:
    tenant, tally = chapter.tenant, play.tallies[chapter.tenant]
    async with an_app(box.running.proxy_url, policy.app_key(tenant)) as app:
        driver = Driver(
            app=app,
            tenant=tenant,
            rate=RATE,
            model_of=lambda line: wire.name(CAST.primary, line.route),
            settled=lambda: watch.settled(tenant),
            go_on=lambda: not play.over,
            tally=tally,
        )
        plan = sessions(
            play.recording.lines, f"demo/{tenant}", spare=lambda: chapter.rests(tally)
        )
        await driver.run(plan)


async def _told(play: Demo, box: Box, views: list[View], demands: str) -> None:
    """The summary, the count of what reached the cloud, and the report beside the store."""
    bad_us = play.scenery.worsening.first_bad_us
    found = report.report(
        f"demo, not for production: {demands}",
        [
            report.Rehearsed(view, play.tallies[view.tenant].sent, bad_us.get(view.tenant))
            for view in views
        ],
        await asyncio.to_thread(served.answers, box.store),
        sum(tally.client_errors for tally in play.tallies.values()),
        time.monotonic() - play.started_s,
    )
    forbidding = [name for name, chapter in play.chapters.items() if chapter.forbids_cloud]
    cloud = {
        "requests_of_tenants_that_forbid_it": sum(
            play.scenery.servers[CLOUD].seen[name] for name in forbidding
        ),
        "connections_at_the_listener": play.scenery.listener.connections,
    }
    play.screen.console.print(summary(found))
    play.screen.console.print(
        f"\nof {', '.join(forbidding)}, which forbids the cloud, the cloud's server saw "
        f"[b]{cloud['requests_of_tenants_that_forbid_it']}[/b] requests and the listener for any "
        f"other cloud [b]{cloud['connections_at_the_listener']}[/b] connections\n"
    )
    for chapter in play.chapters.values():
        play.screen.console.print(f"[b]{chapter.tenant}[/b]: {chapter.end()}")
    text = json.dumps({**found, "cloud": cloud}, indent=2, ensure_ascii=False)
    (box.home.path / "report.json").write_text(text + "\n", encoding="utf-8")


async def _kept_open(screen: Screen) -> None:
    """Waits for Ctrl-C, which is the expected end here and no interruption."""
    screen.say("the dashboard stays open; Ctrl-C ends everything")
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        screen.say("ending")
