"""`up`, `proxy`, `worker` and `controller`: the processes that keep a deployment running."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from cutover.cli.deployment import Deployment, start_up, written
from cutover.cli.inforce import put_in_force, put_on_record
from cutover.cli.options import (
    CONTROL,
    DASHBOARD,
    PROXY,
    Address,
    ProxyAt,
    data_option,
    fail,
    listen_option,
    log_format_option,
    open_home,
    policy_option,
    proxy_at_options,
    read_policy,
    refuse_used_port,
)
from mirror import logs
from mirror.journal.home import Home
from mirror.supervise import Child, Supervisor, stop_on_signals
from policies.policy import Policy


@click.command()
@policy_option
@data_option
@log_format_option
@listen_option("--listen", PROXY, "the proxy")
@listen_option("--control", CONTROL, "the control API")
@listen_option("--dashboard", DASHBOARD, "the dashboard")
@proxy_at_options
def up(
    policy_path: Path,
    data: Path,
    listen: Address,
    control: Address,
    dashboard: Address,
    at: ProxyAt,
) -> None:
    """Run everything on this box: proxy, worker, controller and dashboard."""
    policy = read_policy(policy_path, dict(os.environ))
    where = Deployment(
        policy_path,
        data,
        listen,
        control,
        dashboard,
        **_proxy(policy, listen, at),
        shared=_is_shared(open_home(data)),
    )
    with stop_on_signals() as stop, start_up(where, _say) as running:
        ready = running.wait_ready()
        click.echo(f"deployment  {policy.deployment}" + _not_for_production(policy.production))
        click.echo(f"proxy       {running.proxy_url}/v1   point the client's base_url here")
        if where.intercept is not None:
            click.echo(f"intercept   http://{written(where.intercept)}   for HTTPS_PROXY")
        click.echo(f"dashboard   http://{written(dashboard)}")
        click.echo(f"control     {running.control_url}")
        click.echo(f"logs        {data / 'logs'}")
        if not ready:
            _say(f"not every part answers yet; see {data / 'logs'}")
        elif not _anybody(data):
            _say(f"nobody can sign in yet: crossfade user add NAME --role lead --data {data}")
        stop.wait()


@click.command()
@policy_option
@data_option
@log_format_option
@listen_option("--listen", PROXY, "the proxy")
@proxy_at_options
def proxy(policy_path: Path, data: Path, listen: Address, at: ProxyAt) -> None:
    """Answer clients, and keep what happened for the worker."""
    policy = read_policy(policy_path, dict(os.environ))
    more = _proxy(policy, listen, at)
    for option, address in (
        ("--listen", listen),
        ("--direct", more["direct"]),
        ("--intercept", more["intercept"]),
        ("--admin", more["admin"]),
    ):
        if address is not None:
            refuse_used_port(address, option)
    deployment = _deployment(policy_path, data, proxy=listen)
    _supervise(replace(deployment, **more).proxy_children())


@click.command()
@policy_option
@data_option
@log_format_option
def worker(policy_path: Path, data: Path) -> None:
    """Send shadows and score what came back. Any number may run."""
    from compare import encoders

    deployment = _deployment(policy_path, data)
    chosen = read_policy(policy_path, dict(os.environ)).encoders
    encoders.check(
        chosen
    )  # a worker that could not score is refused; `up` goes on and says so instead
    _supervise(deployment.worker_children())


@click.command()
@policy_option
@data_option
@log_format_option
@listen_option("--listen", CONTROL, "the control API")
def controller(policy_path: Path, data: Path, listen: Address) -> None:
    """Judge, decide, publish the route table, and serve the control API."""
    refuse_used_port(listen, "--listen")
    deployment = _deployment(policy_path, data, control=listen, apply=put_on_record)
    _supervise(deployment.control_children())


def _supervise(children: tuple[Child, ...]) -> None:
    with stop_on_signals() as stop:
        Supervisor(children, say=_say).run(stop)


def _deployment(
    policy_path: Path,
    data: Path,
    *,
    proxy: Address = ("127.0.0.1", 8080),
    control: Address = ("127.0.0.1", 8081),
    apply: Callable[[Path, Home], object] = put_in_force,
) -> Deployment:
    read_policy(policy_path, dict(os.environ))
    home = open_home(data)
    apply(policy_path, home)
    return Deployment(policy_path, data, proxy, control, shared=_is_shared(home))


def _is_shared(home: Home) -> bool:
    """Whether other machines may have the same store."""
    return not home.store_url.startswith("sqlite")


def _proxy(policy: Policy, listen: Address, at: ProxyAt) -> dict[str, Any]:
    """What a deployment says of the proxy's listeners."""
    at = at.fitting(policy)
    tls = policy.listeners.tls is not None
    if policy.listeners.client_ca is not None and at.direct is not None:
        fail(
            "--direct would take clients without a certificate; leave it out, or `listeners.client_ca`"
        )
    open_to_others = [a for a in (None if tls else listen, at.direct) if a and not _near(a[0])]
    for address in open_to_others:
        _say(
            f"{written(address)} takes clear text from other machines; set `listeners.tls`, or have "
            "a TLS terminator of your own in front of it"
        )
    return {**asdict(at), "tls": tls}


def _near(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")


def _anybody(data: Path) -> bool:
    from cutover import people
    from mirror.journal.store import Store

    store = Store.open(open_home(data).store_url)
    try:
        with store.read() as conn:
            return bool(people.everybody(conn))
    finally:
        store.close()


def _say(line: str) -> None:
    """What a supervisor has to tell; on a terminal as every command says it."""
    if logs.wanted(sys.stderr) is logs.Format.TEXT:
        click.echo(f"crossfade: {line}", file=sys.stderr)
    else:
        click.echo(logs.written("supervisor", line), file=sys.stderr)


def _not_for_production(production: bool) -> str:
    return "" if production else "   (not for production: margins and alphas of a rehearsal)"
