"""`crossfade notify test`: whether notices would arrive, before anything happens."""

from __future__ import annotations

import os
from pathlib import Path

import click

from cutover.cli.options import fail, policy_option, read_policy


@click.group()
def notify() -> None:
    """Try whether what people must be told arrives."""


@notify.command("test")
@policy_option
@click.option("--to", "only", metavar="VARIABLE", help="This destination alone.")
def test(policy_path: Path, only: str | None) -> None:
    """Send each destination of the policy one message. Exit 1 where one was not accepted."""
    from cutover.notices import messenger, notifier

    policy = read_policy(policy_path)
    chosen = [one for one in policy.notify if only in (None, one.to)]
    if not chosen:
        known = ", ".join(one.to for one in policy.notify) or "nobody"
        fail(f"{policy_path}: `notify` names no such destination; known: {known}")
    messenger.prepare_process()
    letter, failed = notifier.trial(policy), False
    for to in chosen:
        why = messenger.send(to, os.environ, letter)
        failed = failed or bool(why)
        click.echo(f"{to.to}: not accepted: {why}" if why else f"{to.to}: accepted")
    if failed:
        raise SystemExit(1)
