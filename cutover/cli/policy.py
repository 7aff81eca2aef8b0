"""`crossfade policy`: checks a policy before it is used, says what it will take, prints its schema."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from compare.meanings import FLAGS, NEVER_FAIL
from cutover.bypass import bypasses, left_out
from cutover.cli.inforce import put_on_record
from cutover.cli.options import data_option, home_with_store, read_policy
from cutover.evidence.estimate import MOST, Need, beyond_traffic, needs
from policies.check import unset_variables
from policies.load import PolicyError, noted
from policies.policy import Approvals, Policy
from policies.schema import schema_text

HEADINGS = ("rollout", "stage", "sessions", "days", "decided by")


def _finite(rate: float | None) -> float | None:
    if rate is not None and not math.isfinite(rate):
        raise click.BadParameter("must be a number of sessions, as in 500")
    return rate


@click.group()
def policy() -> None:
    """Check a policy file, put it in force, or print its schema for an editor."""


@policy.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--sessions-per-day",
    type=click.FloatRange(min=0, min_open=True),
    callback=lambda context, option, value: _finite(value),
    metavar="N",
    help="Sessions a day of one rollout: adds the days each stage needs at least.",
)
@click.option(
    "--environment",
    is_flag=True,
    help="Count a credential variable that is unset here as a fault, as `up` does.",
)
def check(file: Path, sessions_per_day: float | None, environment: bool) -> None:
    """List every fault of FILE, or what each stage needs at least. Exit 2 where there is a fault."""
    try:
        found, remarks = noted(file, os.environ if environment else None)
    except PolicyError as error:
        click.echo(str(error))
        click.echo(f"crossfade: {_count(len(error.faults), 'fault')}", err=True)
        raise SystemExit(2) from None
    click.echo(
        f"{file}: no faults. {_count(len(found.tenants), 'tenant')}, "
        f"{_count(len(found.rollouts), 'rollout')}."
    )
    if not found.production:
        click.echo("`production: false`: these terms are a rehearsal's, not for production.")
    for note in (*_notes(found), *remarks):
        click.echo(f"note: {note}")
    click.echo("\nWhat each stage needs at least, for a candidate without a blemish:\n")
    for line in table(found, sessions_per_day):
        click.echo(line)
    if sessions_per_day is None:
        click.echo("\nAdd --sessions-per-day N to see days.")


@policy.command()
@click.argument("file", type=click.Path(path_type=Path))
@data_option
@click.option(
    "--elsewhere",
    is_flag=True,
    help="The parts have an environment of their own: ask for no credential variable here.",
)
@click.option("--reason", default="", metavar="TEXT", help="Why, for the event log.")
def apply(file: Path, data: Path, elsewhere: bool, reason: str) -> None:
    """Put FILE in force in the running deployment of --data; no request is cut or notices.

    A faulty FILE changes nothing. Exit 2 then, with every fault.
    """
    read_policy(file, None if elsewhere else dict(os.environ))
    applied = put_on_record(file, home_with_store(data), reason)
    click.echo(f"{applied} is in force. A proxy that cannot use it says so in its log, and")
    click.echo("crossfade_policy_fault of its /metrics is 1; /readyz tells which one it uses.")


@policy.command()
@click.argument("file", type=click.Path(path_type=Path))
def bypass(file: Path) -> None:
    """Print the map by which HAProxy answers each tenant while no crossfade does.

    See deploy/haproxy.cfg. A tenant with `cloud: forbidden` is given no cloud upstream, or left out.
    """
    found = read_policy(file)
    click.echo(f"# {file}: who may be answered by which upstream while crossfade is down")
    for who, upstream in bypasses(found):
        click.echo(f"{who} {upstream}")
    for tenant in left_out(found):
        click.echo(f"note: {tenant} is answered 503 then: no upstream is permitted", err=True)


@policy.command()
def schema() -> None:
    """Print the JSON Schema of a policy, for editors."""
    click.echo(schema_text(), nl=False)


def _notes(policy: Policy) -> Iterator[str]:
    """What is perhaps not meant, as far as it takes this shell, the comparators or the evidence to see it."""
    for name in unset_variables(policy, os.environ):
        yield f"{name} is not set here; `crossfade up` will need it."
    for name, why in _unheard(policy):
        yield f"{why} {name}: its gate will never see one."
    for gate, rollouts in _never_shown(policy):
        yield f"{gate} of {rollouts} is never shown: it needs over {MOST:,} sessions without a blemish."


def _unheard(policy: Policy) -> list[tuple[str, str]]:
    """Codes of flags that have a gate of their own, and that nothing here raises as `fail`; and why."""
    every = [policy.terms, *(one.terms for one in policy.rollouts if one.terms)]
    codes = {code for terms in every for code in terms.gates.flags.codes}
    told = {code: "no comparator raises" for code in codes - FLAGS.keys()}
    told |= {code: "no comparator raises as a `fail`" for code in codes & NEVER_FAIL}
    return sorted(told.items())


def _never_shown(policy: Policy) -> Iterator[tuple[str, str]]:
    """Gates that no traffic shows, with the rollouts that they keep in mirror, in words."""
    found: dict[str, list[str]] = {}
    for one in policy.rollouts:
        for gate in beyond_traffic(policy, one):
            found.setdefault(gate, []).append(f"{one.tenant}/{one.route}")
    for gate, names in found.items():
        yield gate, names[0] if len(names) == 1 else _count(len(names), "rollout")


def table(found: Policy, sessions_per_day: float | None) -> Iterator[str]:
    """The lines of a table: a row a stage, and a total a rollout that may go on. Days need a rate of sessions."""
    rows = [HEADINGS]
    for rollout in found.rollouts:
        stages = needs(found, rollout)
        name = f"{rollout.tenant}/{rollout.route}"
        rows += [
            _row(name if need is stages[0] else "", need, sessions_per_day) for need in stages
        ]
        if found.tenants[rollout.tenant].pinned is not None:
            continue  # it never gets there
        rows.append(_total(stages, sessions_per_day, found.terms_of(rollout).approvals))
    kept = [row if sessions_per_day else (*row[:3], row[4]) for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*kept, strict=True)]
    for row in kept:
        yield "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()


def _row(name: str, need: Need, rate: float | None) -> tuple[str, str, str, str, str]:
    days = need.days(rate) if rate else None
    clock = (
        days is not None and rate and need.sessions is not None and need.sessions / rate < days
    )
    why = f"{need.hours:g} h of clock" if clock else need.decided_by
    return name, need.stage, _number(need.sessions), _days(days), why


def _total(
    stages: Sequence[Need], rate: float | None, asked: Approvals
) -> tuple[str, str, str, str, str]:
    sessions = [need.sessions for need in stages]
    days = [need.days(rate) if rate else None for need in stages]
    return (
        "",
        "to live",
        _number(None if None in sessions else sum(s for s in sessions if s is not None)),
        _days(None if None in days else sum(d for d in days if d is not None)),
        _people(asked),
    )


def _people(asked: Approvals) -> str:
    """Whom the moves to canary and live wait for."""
    if asked.to_canary and asked.to_live:
        return "and the approvals of people"
    if not asked.to_canary and not asked.to_live:
        return "and nobody's approval"
    return f"and an approval of the move to {'canary' if asked.to_canary else 'live'} alone"


def _number(sessions: int | None) -> str:
    return "never" if sessions is None else f"{sessions:,}"


def _days(days: float | None) -> str:
    return "never" if days is None else f"{days:,.1f}" if days >= 0.1 else "< 0.1"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
