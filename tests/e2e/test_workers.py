"""Several proxy workers behind one port: real processes, one of them killed."""

import asyncio
import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import httpx
from deployed import free_port, policy_text, until
from fakes import FakeUpstream, Mode, running

from cutover.cli.deployment import Deployment
from cutover.cli.inforce import put_in_force
from mirror.board import seen
from mirror.capacity import Load
from mirror.journal.home import Home
from mirror.supervise import Supervisor

TENANT = {"x-crossfade-tenant": "klinik-a"}
ASK = {"model": "gpt-4o", "messages": [{"role": "user", "content": "How often?"}]}


@contextmanager
def two_workers(folder, upstream, capacity="{}"):
    """A supervisor of two workers without their drainer, and the deployment that they are of."""
    home = Home.open(folder / "data")
    policy = folder / "policy.yaml"
    models = "models: [gpt-4o]"
    text = policy_text(upstream.base_url, upstream.base_url)
    policy.write_text(text.replace(models, f"{models}, capacity: {capacity}"))
    at = ("127.0.0.1", free_port())
    admin = ("127.0.0.1", two_free_ports())
    put_in_force(policy, home)
    box = Deployment(policy, home.path, at, at, workers=2, admin=admin)
    supervisor, stop = Supervisor(box.proxy_children()[:-1]), threading.Event()
    thread = threading.Thread(target=supervisor.run, args=(stop,))
    thread.start()
    try:
        for worker in (0, 1):
            until(lambda worker=worker: page(box, worker, "/readyz"))
        yield supervisor, box, home
    finally:
        stop.set()
        thread.join()


def two_free_ports():
    while True:
        first = free_port()
        with suppress(OSError):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", first + 1))
            return first


def page(box, worker, path):
    """A page of one worker's own listener, or None while there is none."""
    host, port = box.admin
    with suppress(httpx.TransportError), httpx.Client(trust_env=False) as client:
        answer = client.get(f"http://{host}:{port + worker}{path}")
        return answer.text if answer.is_success else None


def ask(box):
    """One request on a connection of its own."""
    host, port = box.proxy
    with httpx.Client(trust_env=False, timeout=60) as client:
        url = f"http://{host}:{port}/v1/chat/completions"
        return client.post(url, json=ASK, headers=TENANT).status_code


def alive(box):
    """Whether some worker takes connections of clients."""
    host, port = box.proxy
    with suppress(httpx.TransportError), httpx.Client(trust_env=False) as client:
        return client.get(f"http://{host}:{port}/healthz").is_success
    return False


def ask_or_be_cut_off(box):
    """The same; None where the worker dies meanwhile."""
    with suppress(httpx.TransportError):
        return ask(box)
    return None


def test_workers_share_a_port_and_one_that_is_killed_delays_nobody_and_comes_back(tmp_path):
    with (
        running(FakeUpstream()) as (upstream,),
        two_workers(tmp_path, upstream) as (supervisor, box, home),
    ):

        def both_have_answered():
            assert ask(box) == 200
            served = (page(box, worker, "/metrics") for worker in (0, 1))
            return all("crossfade_requests_total{" in text for text in served)

        until(both_have_answered)
        killed = supervisor.pid("proxy-1")
        os.kill(killed, signal.SIGKILL)
        until(lambda: supervisor.pid("proxy-1") != killed)
        assert [ask(box) for _ in range(10)] == [200] * 10
        until(lambda: page(box, 0, "/readyz"))
        assert supervisor.pid("proxy-1") != killed
        folders = sorted(folder.name.rsplit("-", 2)[0] for folder in home.spool.iterdir())
        assert folders == ["proxy-1", "proxy-1", "proxy-2"]


def test_workers_keep_one_cap_together_and_what_killed_ones_held_is_free_again(tmp_path):
    gate = asyncio.Event()
    with (
        running(FakeUpstream(mode=Mode.SLOW, gate=gate)) as (upstream,),
        two_workers(tmp_path, upstream, "{in_flight: 3, wait_s: 60}") as (
            supervisor,
            box,
            home,
        ),
        ThreadPoolExecutor(13) as clients,
    ):

        def waiting(number):
            told = 'crossfade_upstream_waiting{upstream="primary",class="interactive"}'
            pages = [page(box, worker, "/metrics") or "" for worker in (0, 1)]
            return all(f"{told} {number}\n" in text for text in pages)

        cut_off = [clients.submit(ask_or_be_cut_off, box) for _ in range(8)]
        until(lambda: waiting(5))
        assert len(upstream.seen) == 3
        for name in ("proxy-1", "proxy-2"):
            os.kill(supervisor.pid(name), signal.SIGKILL)
        assert {one.result() for one in cut_off} == {None}
        until(lambda: waiting(0) and alive(box))
        asked = [clients.submit(ask, box) for _ in range(5)]
        until(lambda: waiting(2))
        assert len(upstream.seen) == 6
        upstream.call(gate.set)
        assert [one.result() for one in asked] == [200] * 5
        until(lambda: seen(home.load)["primary"] == Load())
