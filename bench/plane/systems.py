"""The systems that are measured, each a real process, pinned to one core."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.plane.load import Target
from mirror import applied, publish
from mirror.candidate import candidate_fingerprint
from mirror.journal.home import Home
from mirror.route_table import RouteTable, Standing
from policies.load import parse

HERE = Path(__file__).parent
PROXY_CORE, LOAD_CORE = 1, 0
START_S = 90.0
TENANT = {"x-crossfade-tenant": "clinic"}


@dataclass
class System:
    """A running system: where it is asked, and the processes whose cost is its own."""

    name: str
    target: Target
    pids: list[int] = field(default_factory=list)

    def cpu_s(self) -> float:
        """CPU seconds of its processes so far."""
        ticks = 0
        for pid in self._all():
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += int(words[11]) + int(words[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Resident memory of its processes."""
        total = 0
        for pid in self._all():
            with contextlib.suppress(OSError):
                total += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return total * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _all(self) -> list[int]:
        """Its processes and their children."""
        found = list(self.pids)
        for pid in found:
            with contextlib.suppress(OSError):
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                found += [int(child) for child in children]
        return found


class Missing(Exception):
    """A system that cannot be had here, and why."""


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(
    words: list[str],
    port: int,
    *,
    core: int,
    log: Path,
    nice: int = 0,
    env: dict[str, str] | None = None,
) -> Iterator[int]:
    """A process on one core, once its port answers; ended with the block. Gives its id."""
    with log.open("ab") as out:
        started = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, **(env or {})},
            start_new_session=True,
            preexec_fn=lambda: (pin(core), yielding(nice)),  # noqa: PLW1509 - no threads here
        )
    try:
        _wait(port, started, log)
        yield started.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGTERM)
        try:
            started.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def pin(core: int) -> None:
    """Keeps this process on one core, where the machine has more than one."""
    if hasattr(os, "sched_setaffinity") and core in os.sched_getaffinity(0):
        os.sched_setaffinity(0, {core})


def yielding(nice: int) -> None:
    """Leaves the core to others by so much, also to those of other sessions.

    Where Linux groups processes by their session, niceness alone counts among those of one session only: each
    session has the same share of a core (sched(7), "The autogroup feature").
    """
    os.nice(nice)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(nice))


def _wait(port: int, started: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if started.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise Missing(f"it did not start: {log.read_text(errors='replace')[-400:]}")


@contextmanager
def mock(folder: Path, mode: str = "ok", port: int = 0) -> Iterator[int]:
    """The mock upstream; gives its port."""
    port = port or free_port()
    words = [sys.executable, str(HERE / "mock.py"), str(port), mode]
    with process(words, port, core=LOAD_CORE, log=folder / f"mock-{mode}.log"):
        yield port


@contextmanager
def direct(folder: Path, upstream: int) -> Iterator[System]:
    """No proxy at all."""
    yield System("direct", Target(upstream, {}))


@contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[System]:
    """nginx, which buffers nothing and keeps its connections."""
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None:
        raise Missing("nginx is not installed")
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(f"""
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 10000000; client_max_body_size 100m;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  upstream up {{ server 127.0.0.1:{upstream}; keepalive 2048; }}
  server {{ listen 127.0.0.1:{port} backlog=2048; location / {{
    proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_buffering off; proxy_request_buffering off; }} }}
}}
""")
    words = [program, "-c", str(config)]
    with process(words, port, core=PROXY_CORE, log=folder / "nginx.out") as pid:
        yield System("nginx", Target(port, {}), [pid])


@contextmanager
def mitmdump(folder: Path, upstream: int) -> Iterator[System]:
    """mitmdump with a script that streams both ways."""
    program = Path(sys.executable).with_name("mitmdump")
    if not program.exists():
        raise Missing("mitmdump is not installed")
    script = folder / "stream.py"
    script.write_text(
        "def requestheaders(flow):\n    flow.request.stream = True\n"
        "def responseheaders(flow):\n    flow.response.stream = True\n"
    )
    port = free_port()
    words = [
        str(program),
        "-q",
        "-s",
        str(script),
        "-p",
        str(port),
        "--listen-host",
        "127.0.0.1",
    ]
    words += ["--mode", f"reverse:http://127.0.0.1:{upstream}"]
    words += ["--set", f"confdir={folder}/mitmproxy", "--set", "stream_large_bodies=1"]
    with process(words, port, core=PROXY_CORE, log=folder / "mitmdump.log") as pid:
        yield System("mitmdump, streaming", Target(port, {}), [pid])


@contextmanager
def litellm(folder: Path, upstream: int) -> Iterator[System]:
    """LiteLLM's proxy, one worker, no database, from a virtual environment of its own."""
    program = Path(os.environ.get("LITELLM_VENV", "")) / "bin" / "litellm"
    if not os.environ.get("LITELLM_VENV"):
        program = _litellm_venv(folder)
    config = folder / "litellm.yaml"
    model = {
        "model": "openai/mock",
        "api_base": f"http://127.0.0.1:{upstream}/v1",
        "api_key": "k",
    }
    config.write_text(
        json.dumps({"model_list": [{"model_name": "mock", "litellm_params": model}]})
    )
    port = free_port()
    words = [str(program), "--config", str(config), "--port", str(port)]
    words += ["--host", "127.0.0.1", "--num_workers", "1", "--telemetry", "False"]
    env = {
        "NO_PROXY": "*",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
    }
    with process(words, port, core=PROXY_CORE, log=folder / "litellm.log", env=env) as pid:
        yield System("LiteLLM", Target(port, {"authorization": "Bearer k"}), [pid])


def _litellm_venv(folder: Path) -> Path:
    """Installs the newest that installs; some minutes."""
    venv, uv = folder / "litellm", Path(sys.executable).with_name("uv")
    python = str(venv / "bin" / "python")
    for words in (
        ["venv", "-q", "--python", sys.executable, str(venv)],
        ["pip", "install", "-q", "--python", python, "litellm[proxy]"],
    ):
        done = subprocess.run([str(uv), *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing(f"LiteLLM could not be installed: {done.stderr.strip()[-300:]}")
    return venv / "bin" / "litellm"


@dataclass(frozen=True)
class Ours:
    """A deployment's data folder and ports: of the front, and of the direct listener."""

    home: Home
    front: int
    direct: int

    def words(self, part: str) -> list[str]:
        """The command of a part."""
        words = [
            sys.executable,
            "-m",
            "cutover.cli",
            "run",
            part,
            "--data",
            str(self.home.path),
        ]
        if part == "proxy":
            words += ["--listen", str(self.front), "--direct", str(self.direct)]
        return words


def prepared(folder: Path, upstream: int, candidate: int, *, stage: str = "mirror") -> Ours:
    """A data folder with a policy in force and a route table that mirrors everything."""
    home = Home.open(folder)
    policy = parse(_policy(upstream, candidate), "bench")
    applied.apply(home.policies, _policy(upstream, candidate).encode())
    fingerprint = candidate_fingerprint(policy, policy.rollouts[0])
    row = Standing("clinic", "chat", stage, 0, 1, "bench", 100.0, candidate=fingerprint)
    publish.write(home.routes_file, RouteTable(1, 1, {("clinic", "chat"): row}))
    return Ours(home, free_port(), free_port())


def _policy(upstream: int, candidate: int) -> str:
    return f"""
version: 1
deployment: bench
production: false
upstreams:
  primary: {{base_url: "http://127.0.0.1:{upstream}/v1", location: onprem, models: [mock]}}
  gpu: {{base_url: "http://127.0.0.1:{candidate}/v1", location: onprem, models: [own]}}
tenants:
  clinic: {{identify: {{header: clinic}}, cloud: forbidden, pass_through: primary}}
terms: {{sampling: {{timeout_s: 5}}}}
rollouts:
  - tenant: clinic
    route: chat
    primary: {{upstream: primary, model: mock}}
    candidate: {{upstream: gpu, model: own}}
"""


def ours(name: str, via: Callable[[Ours], int]):  # type: ignore[no-untyped-def]
    """crossfade's proxy, with records and the plan to mirror everything."""

    @contextmanager
    def start(folder: Path, upstream: int) -> Iterator[System]:
        box = prepared(folder / name.replace(" ", "-"), upstream, upstream)
        port, log = via(box), folder / f"{name}.log"
        with process(box.words("proxy"), port, core=PROXY_CORE, log=log, env=_PATH) as pid:
            yield System(name, Target(port, TENANT), [pid])

    return start


_PATH = {"PYTHONPATH": str(HERE.parent.parent)}

SYSTEMS = {
    "direct": direct,
    "nginx": nginx,
    "mitmdump, streaming": mitmdump,
    "LiteLLM": litellm,
    "crossfade, front": ours("crossfade, front", lambda box: box.front),
    "crossfade, direct": ours("crossfade, direct", lambda box: box.direct),
}
