"""Several proxy workers behind one port: real processes, one of them killed."""

import os
import signal
import socket
import threading
from contextlib import contextmanager, suppress

import httpx
from deployed import free_port, policy_text, until
from fakes import FakeUpstream, running

from cutover.cli.deployment import Deployment
from cutover.cli.inforce import put_in_force
from mirror.journal.home import Home
from mirror.supervise import Supervisor

TENANT = {"x-crossfade-tenant": "klinik-a"}
ASK = {"model": "gpt-4o", "messages": [{"role": "user", "content": "How often?"}]}


@contextmanager
def two_workers(folder, upstream):
    """A supervisor of two workers without their drainer, and the deployment that they are of."""
    home = Home.open(folder / "data")
    policy = folder / "policy.yaml"
    policy.write_text(policy_text(upstream.base_url, upstream.base_url))
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
    with httpx.Client(trust_env=False, timeout=30) as client:
        url = f"http://{host}:{port}/v1/chat/completions"
        return client.post(url, json=ASK, headers=TENANT).status_code


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
