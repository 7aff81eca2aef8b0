"""`crossfade fsck`: whether the event log of a deployment is whole, and what was signed of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cutover import clocks
from cutover.cli.options import data_option, fail, home_with_store, operator
from cutover.counting import counted
from mirror.journal.store import Store, StoreError
from mirror.supervise import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from mirror.journal.chain import Broken
    from mirror.journal.committed import Payloads
    from mirror.journal.signed.folder import Folder, State

CHANGED, GAP, USAGE = 1, 2, 3


@dataclass(slots=True)
class Found:
    """How many events of each log are whole, up to where they are signed, and what is wrong."""

    counts: dict[str, int] = field(default_factory=dict)
    signed: dict[str, int] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    payloads: Payloads | None = None  # what was found of them, where that was asked
    checkpoints: int = 0  # that were looked at, and so the digests
    digests: int = 0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
@click.option(
    "--payloads",
    is_flag=True,
    help="Also open every answer that is kept, and hold it against its event.",
)
@click.option(
    "--record",
    is_flag=True,
    help="Write into the deployment's own log that this was done, by whom, and what was found.",
)
@data_option
def fsck(as_json: bool, payloads: bool, record: bool, data: Path) -> None:
    """Check the event log: that every event is as it was written, follows the one before it, none is missing, and all is as it was signed.

    Exit code 0: it is whole. 1: an event, or what was signed of it, was changed, and is named. 2: events are missing, or there
    are none, or a tenant's key with which a payload would be opened is missing. 3: it could not be tried. Nothing is written without --record, no controller is needed. What was cut off at the end and not signed yet
    cannot show here; of a store that was put back together with the signer's folder tells only a checkpoint that you kept outside
    (`crossfade prove --consistency`).
    """
    end_with_parent()  # the controller's, where it is the nightly review
    began_us = clocks.steady_us()
    found = _checked(data, payloads=payloads)
    if as_json:
        click.echo(json.dumps(_body(found)))
    else:
        for line in _lines(found):
            click.echo(line)
    if record:
        _record(data, found, (clocks.steady_us() - began_us) // 1000)
    raise SystemExit(_code(found))


def _record(data: Path, found: Found, took_ms: int) -> None:
    """As the nightly review does, by the account that ran the command. Ends it with 3 where that fails."""
    from cutover.review import outcome
    from cutover.review.record import append

    try:
        store = Store.open(home_with_store(data, USAGE).store_url)
        try:
            with store.write() as conn:
                append(conn, outcome.of(_body(found), took_ms), operator(), clocks.now_us())
        finally:
            store.close()
    except StoreError as error:
        fail(f"it was looked at, and could not be recorded: {error}", USAGE)


def _checked(data: Path, *, payloads: bool) -> Found:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from mirror.journal.committed import Payloads
    from mirror.journal.home import HomeError
    from mirror.journal.seal import Sealer
    from mirror.journal.signed import heads
    from mirror.journal.signed.folder import FOLDER, Folder
    from mirror.journal.signed.signing import SignerError

    home = home_with_store(data, USAGE)
    folder = Folder(home.path / FOLDER)
    columns = TextColumn("event logs"), BarColumn(), TimeRemainingColumn()
    try:
        state = (
            folder.state()
        )  # before the logs: a signer at work is never ahead of what is counted
        store = Store.open(home.store_url)
        try:
            with (
                store.read() as conn,
                Progress(*columns, console=Console(stderr=True), transient=True) as bar,
            ):
                task = bar.add_task("", total=sum(one.newest for one in heads.logs(conn)))
                opened = Payloads(conn, Sealer.open(home)) if payloads else None
                found = _looked(conn, opened, lambda done: bar.update(task, completed=done))
                _beyond(conn, folder, state, found)
                return found
        finally:
            store.close()
    except (StoreError, SignerError, HomeError) as error:
        fail(str(error), USAGE)


def _looked(conn: Connection, payloads: Payloads | None, tell: Callable[[int], None]) -> Found:
    from mirror.journal import chain
    from mirror.journal.signed.checking import Marks

    found = Found(payloads=payloads)
    for tenant in chain.tenants(conn):
        done, found.counts[tenant] = sum(found.counts.values()), 0
        marks, broken = Marks(conn, tenant), None
        beside = [marks.add, payloads.add] if payloads else [marks.add]
        for step in chain.checked(conn, tenant, beside):
            if isinstance(step, int):
                found.counts[tenant] = step
                conn.rollback()  # a snapshot of hours would keep SQLite from tidying up its log
                tell(done + step)
            else:
                found.counts[tenant], broken = step.seq - 1, step
        broken = broken or marks.end()
        found.checkpoints += marks.checkpoints
        found.digests += marks.digests
        if broken is not None:
            found.broken.append(broken)
        if marks.signed:
            found.signed[tenant] = marks.signed
    return found


def _beyond(conn: Connection, folder: Folder, state: State, found: Found) -> None:
    """What no log can show of itself: held against the deployment's own log and the signer's folder."""
    from mirror.journal.signed import belonging, heads
    from mirror.journal.signed.note import deployment_name
    from mirror.journal.signed.signing import SigningKey, load

    key = None
    if folder.key.exists():
        name = deployment_name(heads.deployment(conn))
        key = SigningKey.of(name, load(folder.key))
    for one in (
        *belonging.missing(conn, found.counts),
        *belonging.remembered(conn, state, found.counts),
        *belonging.keys_told(conn),
        *belonging.key_told(conn, key, state),
    ):
        if all(known.tenant != one.tenant for known in found.broken):  # the first says where
            found.broken.append(one)


def _lines(found: Found) -> list[str]:
    if not found.counts and not found.broken:
        return ["no event was ever written here"]
    bad = {one.tenant for one in found.broken}
    lines = [
        f"{tenant or 'the deployment itself'}: {counted(number, 'event')}, whole"
        + (f", {found.signed[tenant]:,} signed" if tenant in found.signed else "")
        for tenant, number in found.counts.items()
        if tenant not in bad
    ]
    lines += _of_payloads(found.payloads) if found.payloads else []
    told = [f"{one}" for one in found.broken]
    if told:
        told.append(
            "Keep this data folder as it is, and ask who had access to the store since; "
            "a copy from before tells what stood there."
        )
    return lines + told


def _of_payloads(payloads: Payloads) -> list[str]:
    """How many are as they should be, and whose keys are missed: of what those sealed nothing is known."""
    counts = f"{payloads.same:,} as committed to, {payloads.erased:,} erased"
    lost = payloads.closed.total()
    lines = [f"answers that are kept: {counts}" + (f", {lost:,} not looked at" if lost else "")]
    for (tenant, why), many in sorted(payloads.closed.items()):
        of = counted(many, "payload")
        lines.append(f"tenant {tenant}: a key is missing, and {of} could not be opened: {why}")
    return lines


def _body(found: Found) -> dict[str, object]:
    where = [
        {"tenant": one.tenant, "event": one.seq, "what": one.what, "gap": one.gap}
        for one in found.broken
    ]
    outcome = _OUTCOMES[_code(found)]
    told: dict[str, object] = {
        "outcome": outcome,
        "whole": found.counts,
        "signed": found.signed,
        "checked": {
            "logs": len(found.counts),
            "events": sum(found.counts.values()),
            "checkpoints": found.checkpoints,
            "digests": found.digests,
        },
        "broken": where,
    }
    if found.payloads:
        told["payloads"] = {
            "same": found.payloads.same,
            "erased": found.payloads.erased,
            "closed": [
                {"tenant": tenant, "payloads": many, "why": why}
                for (tenant, why), many in sorted(found.payloads.closed.items())
            ],
        }
    return told


_OUTCOMES = {0: "whole", CHANGED: "changed", GAP: "gap"}


def _code(found: Found) -> int:
    if any(not one.gap for one in found.broken):
        return CHANGED
    closed = found.payloads is not None and found.payloads.closed
    return GAP if found.broken or closed or not found.counts else 0
