"""`crossfade run PART`: one part in this process. The supervisor starts these; people need not."""

from __future__ import annotations

import os
from pathlib import Path

import click

from cutover.cli.options import (
    CONTROL,
    PROXY,
    Address,
    AddressType,
    data_option,
    listen_option,
    open_home,
    policy_option,
    read_policy,
)
from mirror.supervise import end_with_parent, stop_on_signals


@click.group(hidden=True)
def run() -> None:
    """One part in this process; the supervisor starts these."""
    end_with_parent()


@run.command("proxy")
@policy_option
@data_option
@listen_option("--listen", PROXY, "the proxy")
@click.option("--direct", type=AddressType())
@click.option("--intercept", type=AddressType())
@click.option("--admin", type=AddressType())
@click.option("--worker", default="", help="Its name among several that share the addresses.")
def run_proxy(
    policy_path: Path, data: Path, listen: Address, worker: str, **others: Address | None
) -> None:
    """The front and the relay."""
    from mirror.proxy.process import Places, serve

    policy, home = read_policy(policy_path, dict(os.environ)), open_home(data)
    serve(policy, home, Places(listen, **others, shared=bool(worker)), name=worker or "proxy")


@run.command("drain")
@policy_option
@data_option
def run_drain(policy_path: Path, data: Path) -> None:
    """The spool's way into the store."""
    from mirror.journal.drain import Drainer
    from mirror.journal.seal import Sealer
    from mirror.journal.store import Store

    home = open_home(data)
    with stop_on_signals() as stop:
        Drainer(home, Store.open(home.store_url), Sealer.open(home)).run(stop)


@run.command("shadow")
@policy_option
@data_option
def run_shadow(policy_path: Path, data: Path) -> None:
    """The copies for the other side."""
    from mirror import shadow

    with stop_on_signals() as stop:
        shadow.run(read_policy(policy_path, dict(os.environ)), open_home(data), stop)


@run.command("score")
@policy_option
@data_option
def run_score(policy_path: Path, data: Path) -> None:
    """The comparators."""
    from compare import worker as scoring

    with stop_on_signals() as stop:
        scoring.run(read_policy(policy_path), open_home(data), stop)


@run.command("controller")
@policy_option
@data_option
@listen_option("--listen", CONTROL, "the control API")
@click.option("--tick", type=float, default=1.0)
def run_controller(policy_path: Path, data: Path, listen: Address, tick: float) -> None:
    """The controller's loop and the control API."""
    from cutover.api import process

    policy, home = read_policy(policy_path, dict(os.environ)), open_home(data)
    process.run(policy, home, home.store_url, listen=listen, tick_s=tick)
