"""`erase` and `hold-data`: erasing payloads when asked, and legal holds. Work on the store, so on this box only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from cutover import clocks, people
from cutover.cli.control import ControlError, token_of
from cutover.cli.inforce import policy_in_force
from cutover.cli.options import data_option, fail, home_with_store, moment
from cutover.counting import counted
from cutover.people import Deed, Person, Role
from cutover.retention import asked, due, holds, patients
from cutover.retention.asked import Erased, Order
from cutover.retention.due import Scope
from cutover.retention.holds import NoHold
from cutover.retention.patients import NoPatient
from mirror.journal.home import Home, HomeError
from mirror.journal.keys.files import FOLDER, FileKeys
from mirror.journal.keys.peppers import Peppers
from mirror.journal.seal import Sealer
from mirror.journal.store import Store, StoreError
from policies.payloads import Payloads

SECOND = "CROSSFADE_SECOND_TOKEN"

_DAY = click.DateTime(["%Y-%m-%d"])


def _acting(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        data_option,
        click.option("--reason", required=True, help="Why; it stands in the event log."),
        click.option("--as", "user", required=True, metavar="USER", help="Who acts."),
    ):
        command = option(command)
    return command


@click.command()
@click.option("--tenant", required=True, metavar="TENANT", help="Whose payloads.")
@click.option("--exchange", "exchanges", multiple=True, metavar="ID", help="These exchanges.")
@click.option("--patient", metavar="REF", help="One patient's, as the app names them.")
@click.option("--before", type=_DAY, help="Accepted before this day, UTC.")
@click.option("--yes", is_flag=True, help="Erase; without it only what would be is told.")
@click.option("--second", metavar="USER", help=f"Who agrees; their token comes from {SECOND}.")
@_acting
def erase(  # noqa: PLR0913 - the options of a command
    tenant: str,
    exchanges: tuple[str, ...],
    patient: str | None,
    before: datetime | None,
    *,
    yes: bool,
    second: str | None,
    user: str,
    reason: str,
    data: Path,
) -> None:
    """Erase what was said in exchanges; their rows, scores and events stay, and the log still verifies.

    Tells what it would do unless --yes is given; with it the exit code is 1 where nothing went. More than 100
    exchanges need a second person. What a legal hold or an incident names is kept, and what is younger than the law's minimum.
    """
    if sum([bool(exchanges), patient is not None, before is not None]) != 1:
        fail("name what to erase by one of --exchange, --patient and --before")
    home = home_with_store(data)
    scope = _scope_of(home, tenant, exchanges, patient, before)
    now_us = clocks.now_us()
    lawful = asked.lawful_us(_payloads(home, tenant), now_us)
    with _told(), closing(Store.open(home.store_url)) as store:
        with store.read() as conn:
            by, other = _person(conn, _token(data, user), user), _second(conn, second)
            found = due.count(conn, scope, lawful)
        click.echo(asked.said(found))
        count = found.free if yes else 0
        if why := asked.objection(tenant, count, by, other):
            fail(why)
        if not yes:
            click.echo("nothing was erased; add --yes to do it")
            return
        deed, sealer = Deed(by.actor, now_us, reason), Sealer.open(home)
        done = asked.erase(store, sealer, Order(scope, lawful, deed, other))
    _tell(done)


def _tell(done: Erased) -> None:
    """What an erasure came to; exit code 1 where nothing went."""
    months = ", ".join(map(str, done.months))
    keys = f"; the keys of {months} are destroyed" if months else ""
    files = counted(done.ended, "file is", "files are")
    ended = f"; an erasure that was cut off is ended, {files} deleted" if done.ended else ""
    exchanges = "exchange is" if done.count == 1 else "exchanges are"
    click.echo(f"{done.count} {exchanges} erased{keys}{ended}")
    if not done.count and not done.ended:
        raise SystemExit(1)


@click.group("hold-data")
def hold_data() -> None:
    """Legal holds: what may not be erased, by nobody, until the hold is lifted."""


@hold_data.command()
@click.option("--tenant", required=True, metavar="TENANT", help="Whose payloads.")
@click.option("--exchange", default="", metavar="ID", help="This exchange alone.")
@click.option("--patient", metavar="REF", help="One patient's alone.")
@click.option("--from", "since", type=_DAY, help="Accepted from this day on, UTC.")
@click.option("--until", type=_DAY, help="Accepted before this day, UTC.")
@_acting
def place(
    tenant: str,
    exchange: str,
    *,
    patient: str | None,
    since: datetime | None,
    until: datetime | None,
    **acting: Any,
) -> None:
    """Keep payloads of a tenant from being erased."""
    home = home_with_store(acting["data"])
    _payloads(home, tenant)  # a tenant of the policy
    if since and until and until <= since:
        fail(
            f"--until {until:%Y-%m-%d} is not after --from {since:%Y-%m-%d}: no day lies between"
        )
    subject = _patient(home, tenant, patient)
    with _told(), closing(Store.open(home.store_url)) as store, store.write() as conn:
        if exchange and not holds.knows(conn, tenant, exchange):
            fail(f"no exchange {exchange} of {tenant}; nothing is held")
        found = holds.place(
            conn,
            tenant,
            _deed(conn, tenant, **acting),
            exchange_id=exchange,
            subject=subject,
            from_us=_us(since),
            until_us=_us(until),
        )
        many = holds.covered(conn, found.id)
    click.echo(
        f"legal hold {found.id} stands; it covers {counted(many, 'exchange')} whose payloads are there"
    )


@hold_data.command()
@click.argument("number", type=int)
@_acting
def lift(number: int, **acting: Any) -> None:
    """Let hold NUMBER's payloads be erased again, as the policy has it."""
    home = home_with_store(acting["data"])
    with _told(), closing(Store.open(home.store_url)) as store, store.write() as conn:
        tenant = next((one.tenant for one in holds.standing(conn) if one.id == number), "")
        holds.lift(conn, number, _deed(conn, tenant, **acting))
    click.echo(f"legal hold {number} is lifted")


@hold_data.command("list")
@data_option
def list_(data: Path) -> None:
    """Show the holds that stand."""
    home = home_with_store(data)
    with _told(), closing(Store.open(home.store_url)) as store, store.read() as conn:
        found = holds.standing(conn)
    for one in found:
        scope = [one.tenant, one.exchange_id, one.subject]
        scope += [f"from {moment(one.from_us)}"] if one.from_us else []
        scope += [f"until {moment(one.until_us)}"] if one.until_us else []
        what = " ".join(filter(None, scope))
        click.echo(f"{one.id}  {what} by {one.by} since {moment(one.at_us)}: {one.reason}")
    if not found:
        click.echo("no legal hold stands")


def _deed(conn: Connection, tenant: str, *, user: str, reason: str, data: Path) -> Deed:
    by = _person(conn, _token(data, user), user)
    if why := by.lacks(Role.COMPLIANCE, tenant):
        fail(why)
    return Deed(by.actor, clocks.now_us(), reason)


def _person(conn: Connection, token: str, name: str) -> Person:
    found = people.authenticate(conn, token)
    if found is None or found.name != name:
        fail(f"the token is not that of {name!r}")
    return found


def _token(data: Path, user: str) -> str:
    try:
        return token_of(data, user)
    except ControlError as error:
        fail(str(error))


def _second(conn: Connection, name: str | None) -> Person | None:
    if name is None:
        return None
    return _person(conn, os.environ.get(SECOND, "").strip(), name)


def _scope_of(
    home: Home,
    tenant: str,
    exchanges: tuple[str, ...],
    patient: str | None,
    before: datetime | None,
) -> Scope:
    if len(exchanges) > due.MOST_IDS:
        fail(f"at most {due.MOST_IDS} exchanges at once")
    return Scope(tenant, exchanges, _patient(home, tenant, patient), _us(before))


def _patient(home: Home, tenant: str, reference: str | None) -> str:
    """The pseudonym of a patient who is named; "" where none is."""
    if reference is None:
        return ""
    peppers = Peppers(FileKeys(home.keys / FOLDER))
    with _told(), closing(Store.open(home.store_url)) as store, store.write() as conn:
        return patients.subject_of(conn, peppers, tenant, reference, clocks.now_us())


def _payloads(home: Home, tenant: str) -> Payloads:
    tenants = policy_in_force(home, None).policy.tenants
    if tenant not in tenants:
        fail(f"no tenant {tenant} in the policy in force; known: {', '.join(tenants)}")
    return tenants[tenant].payloads


def _us(day: datetime | None) -> int:
    return round(day.replace(tzinfo=UTC).timestamp() * 1_000_000) if day else 0


@contextmanager
def _told() -> Iterator[None]:
    """Trouble that somebody can mend, as the end of the command."""
    try:
        yield
    except (StoreError, HomeError, NoHold, NoPatient, OSError) as error:
        fail(str(error))
