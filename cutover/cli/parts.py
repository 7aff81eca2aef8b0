"""`crossfade run PART`: one part in this process. The supervisor starts these; people need not."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Mapping
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from cutover.cli.inforce import end_with_policy, policy_in_force
from cutover.cli.options import (
    CONTROL,
    PROXY,
    Address,
    AddressType,
    data_option,
    listen_option,
    open_home,
)
from mirror import logs, telemetry
from mirror.supervise import end_with_parent, stop_on_signals

if TYPE_CHECKING:
    from cutover.notices.notice import Letter
    from mirror.journal.home import Home
    from policies.notify import Destination
    from policies.policy import Policy


@click.group(hidden=True)
@click.pass_context
def run(context: click.Context) -> None:
    """One part in this process; the supervisor starts these."""
    part = context.invoked_subcommand or ""
    logs.start(part)
    context.call_on_close(telemetry.start(part, os.environ))
    end_with_parent()


@run.command("proxy")
@data_option
@listen_option("--listen", PROXY, "the proxy")
@click.option("--direct", type=AddressType())
@click.option("--intercept", type=AddressType())
@click.option("--admin", type=AddressType())
@click.option("--worker", default="", help="Its name among several that share the addresses.")
def run_proxy(data: Path, listen: Address, worker: str, **others: Address | None) -> None:
    """The front and the relay."""
    from mirror.proxy.process import Places, serve

    _take_all_files()
    home = open_home(data)
    found = policy_in_force(home, dict(os.environ))
    places = Places(listen, **others, shared=bool(worker))
    serve(found.policy, home, places, name=worker or "proxy", applied=found.applied)


def _take_all_files() -> None:
    """As many open files as this process may have: a stream needs two, and shells give few."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):  # macOS names a number that it does not take
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@run.command("drain")
@data_option
def run_drain(data: Path) -> None:
    """The spool's way into the store."""
    from mirror.journal.drain import Drainer
    from mirror.journal.seal import Sealer
    from mirror.journal.store import Store

    home = open_home(data)
    with stop_on_signals() as stop:
        Drainer(home, Store.open(home.store_url), Sealer.open(home)).run(stop)


@run.command("follow")
@data_option
def run_follow(data: Path) -> None:
    """The route table that another machine's controller publishes, in the store."""
    from mirror.follow import Follower
    from mirror.journal.store import Store

    home = open_home(data)
    with stop_on_signals() as stop:
        store = Store.open(home.store_url)
        Follower(store, home.routes_file).run(stop)
        store.close()


@run.command("shadow")
@data_option
def run_shadow(data: Path) -> None:
    """The copies for the other side."""
    from mirror import shadow

    home, environ = open_home(data), dict(os.environ)
    found = policy_in_force(home, environ)
    with stop_on_signals() as stop:
        end_with_policy(found, environ, home.policies)
        shadow.run(found.policy, home, stop)


@run.command("score")
@data_option
def run_score(data: Path) -> None:
    """The comparators."""
    from compare import worker as scoring

    home = open_home(data)
    found = policy_in_force(home, None)
    with stop_on_signals() as stop:
        end_with_policy(found, None, home.policies)
        scoring.run(found.policy, home, stop)


@run.command("controller")
@data_option
@listen_option("--listen", CONTROL, "the control API")
@click.option("--tick", type=float, default=1.0)
def run_controller(data: Path, listen: Address, tick: float) -> None:
    """The controller's loop and the control API."""
    from cutover.api import process

    home, environ = open_home(data), dict(os.environ)
    found = policy_in_force(home, environ)
    end_with_policy(found, environ, home.policies)
    process.run(found.policy, home, home.store_url, listen=listen, tick_s=tick)


@run.command("signer")
@data_option
def run_signer(data: Path) -> None:
    """The event log's signatures; it needs no policy."""
    from mirror.journal.signed import process

    home = open_home(data)
    with stop_on_signals() as stop:
        process.run(home, stop)


@run.command("notify")
@data_option
def run_notify(data: Path) -> None:
    """What people must be told; where the policy names nobody to tell, this process only waits."""
    home, environ = open_home(data), dict(os.environ)
    found = policy_in_force(home, None)
    with stop_on_signals() as stop:
        end_with_policy(found, None, home.policies)
        if not found.policy.notify:
            stop.wait()
            return
        _notify(home, found.policy, environ, stop)


def _notify(home: Home, policy: Policy, environ: Mapping[str, str], stop: Event) -> None:
    from cutover.clocks import now_us
    from cutover.notices import messenger, notifier
    from mirror.confine import confined
    from mirror.journal import chosen
    from mirror.journal.store import Store

    messenger.prepare_process()
    store = Store.open(home.store_url)
    with confined(chosen.endpoints(home.store_url)):  # between letters nothing else is reached

        def send(to: Destination, letter: Letter) -> str:
            return messenger.send(to, environ, letter)

        notifier.Notifier(policy, store, send, now_us).run(stop)
    store.close()
