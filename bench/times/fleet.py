"""A fleet of clinics on one box: everything that `crossfade up` runs but the dashboard, as processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import yaml

from bench.plane.systems import free_port
from cutover import history, moves, people
from cutover.cli.deployment import Deployment, Running, start_up
from cutover.cli.inforce import put_in_force
from cutover.cli.options import open_home
from cutover.moves import Bound
from cutover.people import Actor, Deed, Kind, Role
from cutover.rollout import Rollout
from cutover.stages import Signal, Stage
from cutover.views import NOT_JUDGED
from mirror.candidate import candidate_fingerprint
from mirror.journal.home import Home
from mirror.journal.store import Store
from mirror.publish import version_in
from mirror.supervise import Supervisor
from policies.load import parse
from policies.policy import Policy

ROUTE = "chat"
START_S = 120.0
WAYS = {
    Stage.CANARY: (Signal.START, Signal.ENTER_CANARY),
    Stage.LIVE: (Signal.START, Signal.ENTER_CANARY, Signal.GO_LIVE),
}
_TERMS = {
    "sampling": {"shadow_percent": 100},
    "alpha": {"promote": 0.05, "roll_back": 0.05},
    # Nothing is widened here, and half of a canary's sessions go to the candidate.
    "steps": [{"percent": 50, "min_served": 1_000_000}],
    "sessions": {"exchanges": 1, "open_s": 0},
    "coverage": {"hours": 0},
    "mixture_every": 5,
}


def policy_text(url: str, tenants: Sequence[str]) -> str:
    """A policy whose upstreams both stand at `url`, with the margins of a rehearsal."""
    sides = {
        "primary": {"upstream": "cloud", "model": "big"},
        "candidate": {"upstream": "gpu", "model": "own"},
    }
    upstreams = {
        "cloud": {"base_url": f"{url}/primary/v1", "location": "cloud", "models": ["big"]},
        "gpu": {"base_url": f"{url}/candidate/v1", "location": "onprem", "models": ["own"]},
    }
    return yaml.safe_dump(
        {
            "version": 1,
            "deployment": "bench",
            "production": False,
            "upstreams": upstreams,
            "tenants": {
                name: {"identify": {"header": name}, "cloud": "allowed"} for name in tenants
            },
            "terms": _TERMS,
            "encoders": [{"kind": "onnx_int8"}],
            "rollouts": [{"tenant": name, "route": ROUTE, **sides} for name in tenants],
        },
        sort_keys=False,
    )


@dataclass
class Fleet:
    """A running fleet. `stands` is where each tenant's rollout stood at the start."""

    policy: Policy
    running: Running
    store: Store
    token: str
    stands: dict[str, Rollout] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where clients ask."""
        return f"{self.running.proxy_url}/v1/chat/completions"


@contextmanager
def upstreams(folder: Path) -> Iterator[str]:
    """The upstreams' process; gives its URL."""
    port = free_port()
    script = Path(__file__).with_name("upstreams.py")
    with (folder / "upstreams.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(script), str(port)], stdout=log, stderr=log
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def fleet(folder: Path, stages: dict[str, Stage], *, tick_s: float = 1.0) -> Iterator[Fleet]:
    """A fleet in `folder` whose tenants stand where `stages` says, until the block ends."""
    with upstreams(folder) as url:
        text = policy_text(url, list(stages))
        path = folder / "policy.yaml"
        path.write_text(text)
        policy = parse(text, str(path))
        home = Home.open(folder / "data")
        store = Store.open(home.store_url)
        stands, token = begun(store, policy, stages)
        proxy, control = (("127.0.0.1", free_port()) for _ in range(2))
        deployment = Deployment(path, home.path, proxy, control, tick_s=tick_s)
        with start_up(deployment) as running:
            assert running.wait_ready(START_S), f"see {home.path / 'logs'}"
            until(lambda: version_in(home.routes_file) > 0, START_S)
            yield Fleet(policy, running, store, token, stands)
        store.close()


def begun(
    store: Store, policy: Policy, stages: dict[str, Stage]
) -> tuple[dict[str, Rollout], str]:
    """Every rollout where it shall stand, by the moves that lead there; a person's token."""
    at_us = time.time_ns() // 1000
    deed = Deed(Actor(Kind.HUMAN, "os:bench"), at_us, "to measure")
    stands = {}
    with store.write() as conn:
        for declared in policy.rollouts:
            candidate = candidate_fingerprint(policy, declared)
            saved = history.create(conn, moves.newborn(declared, candidate, at_us))
            bound = Bound(moves.policy_digest(policy), candidate, NOT_JUDGED)
            for signal in WAYS[stages[declared.tenant]]:
                steps = policy.terms_of(declared).steps
                saved, _ = moves.move(conn, saved, signal, deed, steps, bound)
            stands[declared.tenant] = saved.rollout
        token = people.add(conn, "erik", [Role.ENGINEER], by=deed.actor, at_us=at_us)
    return stands, token


def until[T](found: Callable[[], T], seconds: float) -> T:
    """What `found` returns once it is true. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.02)
    raise TimeoutError(f"it did not happen within {seconds:g} s")


@contextmanager
def only_a_proxy(policy: Path, data: Path, *, shared: bool) -> Iterator[tuple[str, Supervisor]]:
    """A machine that answers clients and has no controller; gives its URL and its supervisor.

    `shared` says that others have the same store, so that it follows their route table.
    """
    home = open_home(data)
    put_in_force(policy, home)
    address = ("127.0.0.1", free_port())
    box = Deployment(policy, data, address, ("127.0.0.1", 0), shared=shared)
    logs = data / "logs"
    logs.mkdir()
    supervisor, stop = Supervisor(box.proxy_children(), logs=logs), threading.Event()
    thread = threading.Thread(target=supervisor.run, args=(stop,))
    thread.start()
    url = f"http://127.0.0.1:{address[1]}"
    try:
        until(lambda: _answers(f"{url}/healthz"), START_S)
        yield url, supervisor
    finally:
        stop.set()
        thread.join()


def _answers(url: str) -> bool:
    """Whether a URL answers."""
    try:
        return httpx.get(url, trust_env=False, timeout=5).is_success
    except httpx.HTTPError:
        return False
