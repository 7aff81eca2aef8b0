"""A deployment on one box: which processes it is made of, and how they run under this one.

Each long-lived part is a child process of its own (`crossfade run PART`), so that nothing that
happens to one of them can delay another.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from cutover.cli.inforce import put_on_record
from cutover.cli.options import Address, fail, open_home, refuse_used_port
from mirror.supervise import OURS, Child, Supervisor


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where a deployment on one box lives and listens.

    `policy` is put in force once, at the start: parts that are started again must not find an edit
    that nobody checked. `shared` says that other machines may have the same store.
    """

    policy: Path
    data: Path
    proxy: Address
    control: Address
    dashboard: Address | None = None
    direct: Address | None = None
    intercept: Address | None = None
    admin: Address | None = None
    workers: int = 1
    tls: bool = False
    tick_s: float = 1.0
    shared: bool = False

    def proxy_children(self) -> tuple[Child, ...]:
        """The proxy's workers, the drainer that carries their spools into the store, and where other
        machines share that, who follows its route table.
        """
        numbers = range(1, self.workers + 1) if self.workers > 1 else (0,)
        beside = ("drain", "follow") if self.shared else ("drain",)
        return (*map(self._proxy, numbers), *map(self._part, beside))

    def _proxy(self, number: int) -> Child:
        """One worker; number 0 is a proxy that shares its addresses with nobody."""
        name = f"proxy-{number}" if number else "proxy"
        given = {"--listen": self.proxy, "--direct": self.direct, "--intercept": self.intercept}
        if self.admin is not None:  # each worker's own
            host, port = self.admin
            given["--admin"] = (host, port + max(0, number - 1) if port else 0)
        rest = [word for key, at in given.items() if at for word in (key, written(at))]
        alone = self._part("proxy", *rest, *(("--worker", name) if number else ()))
        return replace(alone, name=name)

    def worker_children(self) -> tuple[Child, ...]:
        """The shadow sender and the scorer, apart so that scoring never disturbs a shadow's times."""
        return self._part("shadow"), self._part("score")

    def control_children(self) -> tuple[Child, ...]:
        """The controller with its API, who tells people, who signs the log, and the dashboard where it is wanted."""
        tick = ("--tick", str(self.tick_s))
        controller = self._part("controller", "--listen", written(self.control), *tick)
        beside = self._part("notify"), self._part("signer")
        if self.dashboard is None:
            return controller, *beside
        url = f"http://{written(self.control)}"
        argv = (*OURS, "dashboard", "--control", url)
        listen = ("--listen", written(self.dashboard))
        return (
            controller,
            *beside,
            Child("dashboard", (*argv, *listen, "--data", str(self.data))),
        )

    def _part(self, name: str, *rest: str) -> Child:
        where = ("--data", str(self.data))
        return Child(name, (*OURS, "run", name, *where, *rest))


class Running:
    """A deployment that runs under this process until the block ends."""

    def __init__(self, deployment: Deployment, say: Callable[[str], None]) -> None:
        """Prepares the children; `__enter__` starts them. Their output goes to DATA/logs."""
        home = open_home(deployment.data)
        logs = home.path / "logs"
        logs.mkdir(exist_ok=True)
        put_on_record(deployment.policy, home)
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
        scheme = "https" if self.deployment.tls else "http"
        return f"{scheme}://{written(self.deployment.proxy)}"

    @property
    def control_url(self) -> str:
        """Where the control API answers."""
        return f"http://{written(self.deployment.control)}"

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
            if self._proxy_answers() and _answers(f"{self.control_url}/healthz"):
                return True
            time.sleep(0.1)
        return False

    def _proxy_answers(self) -> bool:
        """With TLS a connection is enough: who may ask more is up to the certificates."""
        if not self.deployment.tls:
            return _answers(f"{self.proxy_url}/healthz")
        try:
            with socket.create_connection(self.deployment.proxy, timeout=1.0):
                return True
        except OSError:
            return False


def start_up(deployment: Deployment, say: Callable[[str], None] = lambda line: None) -> Running:
    """Everything that `crossfade up` runs, as a context manager. Ends the command on a used port."""
    wanted = {
        "--listen": deployment.proxy,
        "--control": deployment.control,
        "--dashboard": deployment.dashboard,
        "--direct": deployment.direct,
        "--intercept": deployment.intercept,
        "--admin": deployment.admin,
    }
    taken: dict[Address, str] = {}
    for option, address in wanted.items():
        if address is None:
            continue
        refuse_used_port(address, option)
        if address[1] and address in taken:
            fail(
                f"{taken[address]} and {option} are both {written(address)}; change one of them."
            )
        taken[address] = option
    return Running(deployment, say)


def written(address: Address) -> str:
    """HOST:PORT, with the brackets that IPv6 wants."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _answers(url: str) -> bool:
    try:
        with httpx.Client(trust_env=False, timeout=1.0) as client:
            return client.get(url).is_success
    except httpx.TransportError:
        return False
