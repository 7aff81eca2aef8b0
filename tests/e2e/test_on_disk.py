"""Acknowledged means on disk: strace sees each sync end before anybody is told.

A kill cannot tell the difference: what a killed process wrote the system still has. A power cut can.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest
from deployed import free_port, policy_text, until
from fakes import FakeUpstream, running
from traced import Call, calls, strace, unsynced

from cutover import people
from cutover.cli.inforce import put_in_force
from cutover.people import Actor, Kind, Role
from mirror.journal.home import Home
from mirror.journal.store import Store

TENANT = "klinik-a"
HOLDS = f"/v1/rollouts/{TENANT}/chat/holds"
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "?"}]}


@contextmanager
def traced(home, out, *words):
    """A part of a deployment under strace, while the block runs."""
    command = [*strace(out), sys.executable, "-m", "cutover.cli", "run", *words]
    command += ["--data", str(home.path)]
    log = out.with_suffix(".log").open("wb")
    started = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(started.pid, signal.SIGTERM)
        started.wait(60)
        log.close()


def answers(url):
    """Whether something answers there, whatever it says."""
    try:
        httpx.get(url, trust_env=False, timeout=5)
    except httpx.TransportError:
        return False
    return True


@pytest.fixture
def home(tmp_path):
    return Home.open(tmp_path / "data")


def in_force(home, tmp_path, text):
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    put_in_force(path, home)


def test_a_sync_counts_for_what_was_written_before_it_began_once_it_has_ended():
    trace = [
        '7 write(3</d/1.seg>, "a", 1) = 1',
        "8 fdatasync(3</d/1.seg> <unfinished ...>",
        '7 sendto(5<TCP:[1.1.1.1:1->2.2.2.2:80]>, "POST 1", 6, 0) = 6',
        "8 <... fdatasync resumed>) = 0",
        '7 sendto(5<TCP:[1.1.1.1:1->2.2.2.2:80]>, "POST 2", 6, 0) = 6',
        '7 write(3</d/1.seg>, "b", 1) = 1',
        '7 sendto(5<TCP:[1.1.1.1:1->2.2.2.2:80]>, "POST 3", 6, 0) = 6',
    ]
    early = unsynced(
        calls(trace),
        wrote=lambda path: path.endswith(".seg"),
        said=lambda call: "POST" in call.said,
    )
    assert [call.said[:9] for call in early] == [', "POST 1', ', "POST 3']
    assert early[0] == Call("sendto", "TCP:[1.1.1.1:1->2.2.2.2:80]", early[0].said, 2, 2)


@pytest.mark.deep
@pytest.mark.needs("strace")
@pytest.mark.timeout(300)
def test_with_egress_record_before_nothing_leaves_for_the_cloud_before_its_record_is_on_disk(
    home, tmp_path
):
    primary, gpu = FakeUpstream(text="of the cloud"), FakeUpstream()
    out, door = tmp_path / "proxy.trace", free_port()
    with running(primary, gpu):
        text = policy_text(primary.base_url, gpu.base_url)
        in_force(home, tmp_path, text + "egress_record: before\n")
        with traced(home, out, "proxy", "--listen", str(door)):
            until(lambda: answers(f"http://127.0.0.1:{door}/healthz"))
            for _ in range(20):
                answer = httpx.post(
                    f"http://127.0.0.1:{door}/v1/chat/completions",
                    json=BODY,
                    headers={"x-crossfade-tenant": TENANT},
                    trust_env=False,
                    timeout=60,
                )
                assert answer.status_code == 200
    found = calls(out.read_text(errors="replace").splitlines())
    port = httpx.URL(primary.base_url).port

    def left(call):
        return f"->127.0.0.1:{port}]" in call.what and '"POST' in call.said

    assert len([call for call in found if left(call)]) == 20
    assert unsynced(found, wrote=lambda path: str(home.spool) in path, said=left) == []


@pytest.mark.deep
@pytest.mark.needs("strace")
@pytest.mark.timeout(300)
def test_a_person_is_told_that_it_was_done_once_the_store_has_it_on_disk(home, tmp_path):
    in_force(home, tmp_path, policy_text("http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"))
    store = Store.open(home.store_url)
    with store.write() as conn:
        root = Actor(Kind.HUMAN, "os:root")
        token = people.add(conn, "ena", [Role.ENGINEER], by=root, at_us=time.time_ns() // 1000)
    store.close()
    out, door = tmp_path / "controller.trace", free_port()
    with traced(home, out, "controller", "--listen", f"127.0.0.1:{door}", "--tick", "1"):
        url = f"http://127.0.0.1:{door}"
        until(lambda: answers(f"{url}/healthz"))
        client = httpx.Client(
            base_url=url,
            trust_env=False,
            timeout=60,
            headers={"authorization": f"Bearer {token}"},
        )
        with client:
            for _ in range(5):
                until(lambda: _held(client))
                assert client.delete(HOLDS, params={"reason": "over"}).status_code == 200
    found = calls(out.read_text(errors="replace").splitlines())

    def told(call):
        return "201 Created" in call.said and "TCP" in call.what

    assert len([call for call in found if told(call)]) == 5
    wal = str(home.path / "store.db-wal")
    assert unsynced(found, wrote=lambda path: path == wal, said=told) == []


def _held(client):
    """Whether the hold was placed; the controller may not know the rollout yet."""
    return client.post(HOLDS, json={"reason": "to see"}).status_code == 201
