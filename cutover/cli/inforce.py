"""Policies and running parts: which one holds, and how parts come to another."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import click

from cutover import clocks, declared, deeds
from cutover.cli.options import fail, operator
from cutover.people import Deed
from mirror import applied
from mirror.applied import Applied, InForce
from mirror.journal import events
from mirror.journal.home import Home
from mirror.journal.store import Store, StoreError
from policies.load import PolicyError, load, parse

LOOK_S = 0.5
_log = logging.getLogger(__name__)


def put_on_record(policy: Path, home: Home, reason: str = "") -> Applied:
    """Applies a policy file that was checked, and writes that down as an event of whoever is at this machine.

    It comes into force also where the store takes no event, because it may forbid something; that is said then. The
    same policy again is no event. In each tenant's own log it says whether the cloud is allowed, where that
    changed. Ends the command as `put_in_force` does.
    """
    before = applied.current(home.policies)
    now = put_in_force(policy, home)
    deed = Deed(operator(), clocks.now_us(), reason)
    said = events.changed(before.digest if before else None, now.digest)
    try:
        store = Store.open(home.store_url)
        with closing(store), store.write() as conn:
            if before is None or before.digest != now.digest:
                deeds.report(conn, deed, "policy.applied", ("policy", str(now)), details=said)
            declared.declare(conn, load(now.path), now.digest, deed)
    except StoreError as error:
        click.echo(f"note: {now} is in force, and that is in no event: {error}", err=True)
    return now


def put_in_force(policy: Path, home: Home) -> Applied:
    """Applies a policy file that was checked; ends the command where an edit came in between."""
    try:
        text = policy.read_bytes()
        parse(text.decode("utf-8-sig"), str(policy))
        return applied.apply(home.policies, text)
    except (PolicyError, UnicodeDecodeError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or policy}: {error.strerror}")


def policy_in_force(home: Home, environ: Mapping[str, str] | None) -> InForce:
    """The policy a part works by; a fault of the one applied last is logged.

    Ends the command where no applied policy can be used.
    """
    try:
        found = applied.in_force(home.policies, environ)
    except PolicyError as error:
        fail(str(error))
    if found.fault:
        _log.error("%s stays in force: %s", found.applied, found.fault)
    return found


def end_with_policy(found: InForce, environ: Mapping[str, str] | None, folder: Path) -> None:
    """Sends SIGTERM to this process once another policy is applied that it could use or must obey.

    Its supervisor starts it again with that one. For parts that no client waits for.
    """
    threading.Thread(
        target=_follow, args=(found, environ, folder), name="follow-policy", daemon=True
    ).start()


def _follow(found: InForce, environ: Mapping[str, str] | None, folder: Path) -> None:
    seen, told = found.applied, found.fault
    while True:
        time.sleep(LOOK_S)
        try:
            newest = applied.current(folder)
            if newest is None or newest == seen:
                continue
            now = applied.after(folder, found, environ)
        except Exception as error:  # whatever it is, the next policy must not be missed
            if type(error).__name__ != told:
                _log.exception("the applied policy could not be looked at")
            told = type(error).__name__
            continue
        if (now.policy, now.applied) != (found.policy, found.applied):
            _log.info("%s was applied; ending, to start again with what holds now", newest)
            os.kill(os.getpid(), signal.SIGTERM)
            return
        if now.fault and now.fault != told:
            _log.error("%s stays in force: %s", found.applied, now.fault)
        told = now.fault
        if not now.passing:  # otherwise it is tried again
            seen = newest
