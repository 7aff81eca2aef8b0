"""A whole deployment on one box for a test: real processes, ephemeral ports, fake upstreams."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from cutover import people
from cutover.cli.deployment import Deployment, start_up
from cutover.people import Actor, Kind, Role
from mirror.journal import chosen, exchanges
from mirror.journal.home import Home
from mirror.journal.store import Store
from mirror.publish import version_in

REHEARSAL_TERMS = """
terms:
  sampling: {shadow_percent: 100, reask_burst: 100000, reask_percent: 100, reverse_percent: 100, timeout_s: 3}
  alpha: {promote: 0.1, roll_back: 0.05}
  gates:
    equivalence: {margin: 0.15, clip: 0.5}
    errors: {at_most: 0.1, weight: 0.2}
    latency: {at_most: 0.1, weight: 0.15}
    flags: {at_most: 0.15, weight: 0.35}
  steps: [{percent: 20, min_served: 10, soak_s: 0}, {percent: 50, min_served: 10, soak_s: 0}]
  sessions: {exchanges: 1, open_s: 0}
  coverage: {hours: 0}
  mixture_every: 5
"""


def policy_text(primary_url: str, candidate_url: str, *, cloud: str = "allowed") -> str:
    """A policy of one tenant, `klinik-a`, whose chat moves from `gpt-4o` to `llama`."""
    location = "cloud" if cloud == "allowed" else "onprem"
    return f"""
version: 1
deployment: test
production: false
upstreams:
  primary: {{base_url: {primary_url}, location: {location}, models: [gpt-4o]}}
  gpu: {{base_url: {candidate_url}, location: onprem, models: [llama]}}
tenants:
  klinik-a: {{identify: {{header: klinik-a}}, cloud: {cloud}, pass_through: primary}}
{REHEARSAL_TERMS}
rollouts:
  - tenant: klinik-a
    route: chat
    primary: {{upstream: primary, model: gpt-4o}}
    candidate: {{upstream: gpu, model: llama}}
"""


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Box:
    """A running deployment and what a test wants to know of it."""

    def __init__(self, running, home):
        self.running = running
        self.home = home
        self.base_url = f"{running.proxy_url}/v1"

    def kill(self, name: str) -> None:
        """SIGKILL to one part, by its process id."""
        os.kill(until(lambda: self.running.supervisor.pid(name)), signal.SIGKILL)

    def ledger(self):
        """The exact ledger of the one rollout, or None before the first exchange."""
        with Store.open(self.home.store_url).read() as conn:
            return exchanges.ledger(conn).get(("klinik-a", "chat"))

    def settled(self, seen: int, seconds: float = 100.0):
        """The ledger once `seen` exchanges are in it and none is pending."""

        def done():
            ledger = self.ledger()
            return ledger if ledger and ledger.seen >= seen and not ledger.pending else None

        return until(done, seconds)


@contextmanager
def deployed(folder: Path, policy: str):
    """Runs a deployment for `policy` under `folder` until the block ends."""
    path = folder / "policy.yaml"
    path.write_text(policy)
    deployment = Deployment(
        path,
        folder / "data",
        proxy=("127.0.0.1", free_port()),
        control=("127.0.0.1", free_port()),
        tick_s=0.2,
    )
    with start_up(deployment) as running:
        assert running.wait_ready(100), _logs(folder)
        home = chosen.settled(Home.open(folder / "data"), os.environ)
        # Before the controller's first table every request is answered, and none is copied.
        until(lambda: version_in(home.routes_file))
        yield Box(running, home)


def until(condition, seconds: float = 100.0):
    """What `condition` returns once it is true; fails after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"it did not happen within {seconds} s")


def _logs(folder: Path) -> str:
    logs = {
        path.name: path.read_text()[-2000:] for path in (folder / "data" / "logs").glob("*")
    }
    return json.dumps(logs, indent=1)


def crossfade(box: Box, *words: str, reason: str = "new fans") -> str:
    """What a command of an engineer said."""
    store = Store.open(box.home.store_url)
    token = box.home.tokens / "ena"
    if not token.exists():
        with store.write() as conn:
            root = Actor(Kind.HUMAN, "os:root")
            token.write_text(people.add(conn, "ena", [Role.ENGINEER], by=root, at_us=1))
    store.close()
    given = ["--as", "ena", "--data", str(box.home.path)]
    given += ["--reason", reason] if reason else []
    done = subprocess.run(
        [sys.executable, "-m", "cutover.cli", *words, *given],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"CROSSFADE_TOKEN": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
