"""`rehearse` and `demo`: a migration tried on recorded answers, with real processes and real requests."""

from __future__ import annotations

import asyncio
import json
import math
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cutover.cli.options import fail

if TYPE_CHECKING:
    from cutover.rehearsal.run import Settings
    from cutover.rehearsal.screen import Screen

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the number of SIGINT."""


class _FiniteRange(click.FloatRange):
    """A range that neither NaN, which compares with nothing, nor infinity passes."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Turns the text into a number, or says which range it must be in."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not in the range {self.min}<=x<={self.max}.", param, ctx)
        return number


@click.command()
@click.option(
    "--answers", required=True, metavar="FILE", type=click.Path(path_type=Path),
    help="Recorded answers, one JSON object a line: id, route, input, answers {model: text}.",
)  # fmt: skip
@click.option(
    "--primary", required=True, metavar="MODEL", help="Whose answers the primary gives."
)
@click.option(
    "--candidate", required=True, metavar="MODEL", help="Whose answers the candidate gives."
)
@click.option(
    "--noise", metavar="MODEL", help="Whose answers stand for the primary asked again."
)
@click.option(
    "--worsen-to", metavar="MODEL", help="Whose answers the candidate gives later on."
)
@click.option(
    "--worsen-after", metavar="SESSIONS", type=click.IntRange(0), help="From when on."
)
@click.option(
    "--sessions", metavar="N", type=click.IntRange(1),
    help="Sessions of each tenant; by default one a line. Beyond that the file is passed again.",
)  # fmt: skip
@click.option(
    "--tenants", metavar="N", type=click.IntRange(1, 50),
    help="How many tenants rehearse at once: 1, or with --policy all of its tenants.",
)  # fmt: skip
@click.option(
    "--policy", metavar="FILE", type=click.Path(path_type=Path),
    help="Rehearse with this policy's terms and tenants, not with the wide shipped ones.",
)  # fmt: skip
@click.option(
    "--approve", type=click.Choice(["auto", "none"]), default="auto", show_default=True,
    help="auto: a rehearsal user approves what is proposed.",
)  # fmt: skip
@click.option(
    "--rate", metavar="PER_S", type=_FiniteRange(0.01, 100), default=3.0, show_default=True,
    help="At most so many sessions a second of each tenant.",
)  # fmt: skip
@click.option(
    "--data", metavar="DIR", type=click.Path(path_type=Path),
    help="Keep the store here for status, dashboard and exports; a temporary one is removed.",
)  # fmt: skip
@click.option(
    "--report", "report_path", metavar="OUT.json", type=click.Path(path_type=Path),
    help="Where the report goes; `-` prints it.",
)  # fmt: skip
def rehearse(report_path: Path | None, **given: Any) -> None:
    """Rehearse a migration on recorded answers, through the real proxy, worker and controller.

    Two servers replay the answers as the primary and the candidate; the OpenAI client asks them
    through crossfade, which shadows, scores, judges and moves the stages. Exits with 0 whatever
    the verdict, with 2 for input you can mend, and with 1 for a fault of ours.
    """
    from cutover.rehearsal.run import rehearse as run
    from cutover.rehearsal.summary import summary

    settings = _settings(**given)
    _refuse_unwritable(report_path)
    _refuse_other_weights()
    # With the report on stdout the screen goes to stderr, so that the report can be piped.
    screen = _screen(to_stderr=report_path == Path("-"))
    found = _run(run(settings, screen))
    screen.console.print(summary(found))
    if settings.data is not None:
        screen.console.print(f"The store is kept: crossfade status --data {settings.data}")
    if report_path is not None:
        _write(report_path, found)


@click.command()
@click.option(
    "--approve", type=click.Choice(["ask", "auto"]), default="ask", show_default=True,
    help="ask: you approve, in the dashboard or by `crossfade approve`; auto: a demo user does.",
)  # fmt: skip
@click.option(
    "--data", metavar="DIR", type=click.Path(path_type=Path),
    help="Keep the store here; a temporary one is removed.",
)  # fmt: skip
@click.option("--no-dashboard", is_flag=True, help="Without the dashboard.")
def demo(approve: str, data: Path | None, no_dashboard: bool) -> None:
    """Watch three clinics move: one goes live, one is rolled back, one never touches the cloud."""
    from cutover.rehearsal.demo import DemoSettings
    from cutover.rehearsal.demo import demo as run

    _refuse_other_weights()
    settings = DemoSettings(ask=approve == "ask", data=data, dashboard=not no_dashboard)
    if not _run(run(settings, _screen())):
        fail("the story did not come to its end; what happened stands above", code=1)


def _settings(
    *,
    primary: str,
    candidate: str,
    noise: str | None,
    worsen_to: str | None,
    worsen_after: int | None,
    approve: str,
    **rest: Any,
) -> Settings:
    """The options as one value; the others are called alike in both places."""
    from cutover.rehearsal.policy import Cast
    from cutover.rehearsal.run import Settings

    if (worsen_to is None) != (worsen_after is None):
        fail("--worsen-to MODEL and --worsen-after SESSIONS go together; give both or neither")
    cast = Cast(primary, candidate, noise, worsen_to)
    return Settings(cast=cast, worsen_after=worsen_after, approve=approve == "auto", **rest)


def _run[T](work: Coroutine[object, object, T]) -> T:
    """The result, or the end of the command: 2 for what the person can mend, 1 for our faults."""
    from cutover.rehearsal.answers import AnswersError
    from cutover.rehearsal.box import NotReady, UsedFolder
    from cutover.rehearsal.policy import UnfitPolicy
    from cutover.rehearsal.watch import Stalled
    from mirror.journal.home import HomeError
    from mirror.journal.store import StoreError
    from policies.load import PolicyError

    try:
        return asyncio.run(_stoppable(work))
    except (AnswersError, UnfitPolicy, UsedFolder, PolicyError, HomeError) as error:
        fail(str(error))
    except (NotReady, StoreError) as error:
        fail(str(error), code=1)
    except ExceptionGroup as group:  # what a task group makes of a task's fault
        if group.subgroup(Stalled) is None:
            raise
        fail("; ".join(str(error) for error in group.exceptions), code=1)
    except (KeyboardInterrupt, asyncio.CancelledError):
        click.echo("crossfade: stopped; everything that was started has ended", err=True)
        raise SystemExit(INTERRUPTED) from None


async def _stoppable[T](work: Coroutine[object, object, T]) -> T:
    """Runs the work; SIGTERM ends it as Ctrl-C does, with everything put away."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work


def _screen(*, to_stderr: bool = False) -> Screen:
    from rich.console import Console

    from cutover.rehearsal.screen import Screen

    return Screen(Console(stderr=to_stderr, highlight=False, soft_wrap=True))


def _refuse_unwritable(path: Path | None) -> None:
    """A rehearsal takes minutes: a report that could not be written is refused before it starts."""
    if path is None or path == Path("-"):
        return
    if path.is_dir():
        fail(f"--report {path}: is a folder; name a file in it")
    if not path.parent.is_dir():
        fail(f"--report {path}: the folder {path.parent} does not exist; make it first")
    try:
        fresh = not path.exists()
        if fresh or path.is_file():  # opening a device or a pipe may be noticed
            path.open("a").close()  # asked of the file system: permission bits do not tell all
        if fresh:
            path.unlink()
    except OSError as error:
        fail(f"--report {path}: cannot be written ({error.strerror}); choose another place")


def _refuse_other_weights() -> None:
    """A worker without its models ends at once: told here, and not by a rehearsal that waits for it."""
    from compare import encoders

    try:
        encoders.check()
    except encoders.WeightsError as error:
        fail(str(error))


def _write(path: Path, found: dict[str, object]) -> None:
    text = json.dumps(found, indent=2, ensure_ascii=False)
    if path == Path("-"):
        click.echo(text)
        return
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        fail(f"--report {path}: cannot be written ({error.strerror})")
    click.echo(f"report: {path}")
