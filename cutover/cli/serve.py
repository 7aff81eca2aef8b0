"""`up`, `proxy`, `worker` and `controller`: the processes that keep a deployment running.

Each long-lived part is a child process of its own (`crossfade run PART`), so that nothing that
happens to one of them can delay another.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from cutover.cli.options import (
    Address,
    AddressType,
    data_option,
    listen_option,
    open_home,
    policy_option,
    read_policy,
    refuse_used_port,
)
from mirror.supervise import Child, Supervisor, stop_on_signals

PROXY, CONTROL, DASHBOARD = "127.0.0.1:8080", "127.0.0.1:8081", "127.0.0.1:8501"


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where a deployment on one box lives and listens."""

    policy: Path
    data: Path
    proxy: Address
    control: Address
    dashboard: Address | None = None
    direct: Address | None = None
    tick_s: float = 1.0

    def proxy_children(self) -> tuple[Child, ...]:
        """The proxy and the drainer that carries its spool into the store."""
        direct = ("--direct", _text(self.direct)) if self.direct else ()
        return (
            self._part("proxy", "--listen", _text(self.proxy), *direct),
            self._part("drain"),
        )

    def worker_children(self) -> tuple[Child, ...]:
        """The shadow sender and the scorer, apart so that scoring never disturbs a shadow's times."""
        return self._part("shadow"), self._part("score")

    def control_children(self) -> tuple[Child, ...]:
        """The controller with its API, and the dashboard where it is wanted."""
        tick = ("--tick", str(self.tick_s))
        controller = self._part("controller", "--listen", _text(self.control), *tick)
        if self.dashboard is None:
            return (controller,)
        url = f"http://{_text(self.control)}"
        argv = ("-m", "cutover.cli", "dashboard", "--control", url)
        listen = ("--listen", _text(self.dashboard))
        return controller, Child("dashboard", (*argv, *listen, "--data", str(self.data)))

    def _part(self, name: str, *rest: str) -> Child:
        where = ("-p", str(self.policy), "--data", str(self.data))
        return Child(name, ("-m", "cutover.cli", "run", name, *where, *rest))


class Running:
    """A deployment that runs under this process until the block ends."""

    def __init__(self, deployment: Deployment, say: Callable[[str], None]) -> None:
        """Prepares the children; `__enter__` starts them. Their output goes to DATA/logs."""
        logs = open_home(deployment.data).path / "logs"
        logs.mkdir(exist_ok=True)
        children = (
            *deployment.proxy_children(),
            *deployment.worker_children(),
            *deployment.control_children(),
        )
        self.deployment = deployment
        self.supervisor = Supervisor(children, logs=logs, say=say)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.supervisor.run, args=(self._stop,))

    @property
    def proxy_url(self) -> str:
        """Where clients point `base_url`, without the version."""
        return f"http://{_text(self.deployment.proxy)}"

    @property
    def control_url(self) -> str:
        """Where the control API answers."""
        return f"http://{_text(self.deployment.control)}"

    def __enter__(self) -> Running:
        """Starts every part."""
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stops every part, in order."""
        self._stop.set()
        self._thread.join()

    def wait_ready(self, seconds: float = 60.0) -> bool:
        """Whether the proxy and the control API answered within that time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if _answers(f"{self.proxy_url}/healthz") and _answers(
                f"{self.control_url}/healthz"
            ):
                return True
            time.sleep(0.1)
        return False


def start_up(deployment: Deployment, say: Callable[[str], None] = lambda line: None) -> Running:
    """Everything that `crossfade up` runs, as a context manager. Ends the command on a used port."""
    refuse_used_port(deployment.proxy, "--listen")
    refuse_used_port(deployment.control, "--control")
    if deployment.dashboard is not None:
        refuse_used_port(deployment.dashboard, "--dashboard")
    return Running(deployment, say)


@click.command()
@policy_option
@data_option
@listen_option("--listen", PROXY, "the proxy")
@listen_option("--control", CONTROL, "the control API")
@listen_option("--dashboard", DASHBOARD, "the dashboard")
@click.option(
    "--direct", type=AddressType(), help="Also listen here without the front, for speed."
)
def up(
    policy_path: Path,
    data: Path,
    listen: Address,
    control: Address,
    dashboard: Address,
    direct: Address | None,
) -> None:
    """Run everything on this box: proxy, worker, controller and dashboard."""
    policy = read_policy(policy_path, dict(os.environ))
    where = Deployment(policy_path, data, listen, control, dashboard, direct)
    with stop_on_signals() as stop, start_up(where, _say) as running:
        ready = running.wait_ready()
        click.echo(f"deployment  {policy.deployment}" + _not_for_production(policy.production))
        click.echo(f"proxy       {running.proxy_url}/v1   point the client's base_url here")
        click.echo(f"dashboard   http://{_text(dashboard)}")
        click.echo(f"control     {running.control_url}")
        click.echo(f"logs        {data / 'logs'}")
        if not ready:
            _say(f"not every part answers yet; see {data / 'logs'}")
        stop.wait()


@click.command()
@policy_option
@data_option
@listen_option("--listen", PROXY, "the proxy")
@click.option(
    "--direct", type=AddressType(), help="Also listen here without the front, for speed."
)
def proxy(policy_path: Path, data: Path, listen: Address, direct: Address | None) -> None:
    """Answer clients, and keep what happened for the worker."""
    refuse_used_port(listen, "--listen")
    deployment = _deployment(policy_path, data, proxy=listen, direct=direct)
    _supervise(deployment.proxy_children())


@click.command()
@policy_option
@data_option
def worker(policy_path: Path, data: Path) -> None:
    """Send shadows and score what came back. Any number may run."""
    _supervise(_deployment(policy_path, data).worker_children())


@click.command()
@policy_option
@data_option
@listen_option("--listen", CONTROL, "the control API")
def controller(policy_path: Path, data: Path, listen: Address) -> None:
    """Judge, decide, publish the route table, and serve the control API."""
    refuse_used_port(listen, "--listen")
    _supervise(_deployment(policy_path, data, control=listen).control_children())


@click.group(hidden=True)
def run() -> None:
    """One part in this process; the supervisor starts these."""


@run.command("proxy")
@policy_option
@data_option
@listen_option("--listen", PROXY, "the proxy")
@click.option("--direct", type=AddressType())
def run_proxy(policy_path: Path, data: Path, listen: Address, direct: Address | None) -> None:
    """The front and the relay."""
    from mirror.proxy.process import serve

    policy, home = read_policy(policy_path, dict(os.environ)), open_home(data)
    serve(policy, home, listen=listen, direct=direct)


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


def _supervise(children: tuple[Child, ...]) -> None:
    with stop_on_signals() as stop:
        Supervisor(children, say=_say).run(stop)


def _deployment(
    policy_path: Path,
    data: Path,
    *,
    proxy: Address = ("127.0.0.1", 8080),
    control: Address = ("127.0.0.1", 8081),
    direct: Address | None = None,
) -> Deployment:
    read_policy(policy_path, dict(os.environ))
    open_home(data)
    return Deployment(policy_path, data, proxy, control, direct=direct)


def _say(line: str) -> None:
    click.echo(f"crossfade: {line}", file=sys.stderr)


def _text(address: Address) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _not_for_production(production: bool) -> str:
    return "" if production else "   (not for production: margins and alphas of a rehearsal)"


def _answers(url: str) -> bool:
    import httpx

    try:
        with httpx.Client(trust_env=False, timeout=1.0) as client:
            return client.get(url).is_success
    except httpx.TransportError:
        return False
