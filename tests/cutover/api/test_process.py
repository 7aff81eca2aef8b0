"""The controller's process: it says where it listens, and ends cleanly."""

import json
import signal
import socket
import stat
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest
from deployed import until
from pages import PageServer, dcgm
from rollouts import Clock, a_policy
from watched import watched_policy

from cutover import clocks, deployment, lease
from cutover.api import process
from cutover.api.process import PortInUse
from mirror import publish
from mirror.journal import events
from mirror.journal.store import Store

SCRIPT = """
import sys
from pathlib import Path
from cutover.api import process
from mirror.journal.home import Home
from policies.policy import Policy
home = Home.open(Path(sys.argv[1]))
policy = Policy.model_validate_json(sys.argv[2])
process.run(policy, home, home.store_url, listen=("127.0.0.1", 0), tick_s=0.1,
            ready=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


@contextmanager
def controlling(home, policy, script=SCRIPT):
    """The process, as a child."""
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(home.path), policy.model_dump_json()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield child
    child.kill()
    child.communicate()


@pytest.fixture
def running(home):
    with controlling(home, a_policy()) as child:
        yield child


def test_it_answers_acts_and_ends_cleanly_at_sigterm(home, running):
    url = running.stdout.readline().strip()
    assert json.loads(home.control_file.read_text()) == {"url": url}
    assert stat.S_IMODE(home.control_file.stat().st_mode) == 0o600
    with httpx.Client(trust_env=False) as client:
        assert client.get(f"{url}/healthz").json() == {"status": "ok", "acting": True}
        assert client.get(f"{url}/v1/rollouts").status_code == 401
    assert deployment.told(home.path) == {"deployment": "test", "production": False}
    assert publish.read(home.routes_file).standing("clinic", "chat").stage == "mirror"
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=20)
    assert (running.returncode, out, err) == (0, "ended\n", "")
    assert not home.control_file.exists()
    store = Store.open(home.store_url)
    with store.read() as conn:
        assert lease.current(conn).until_us == 0  # a standby may take it at once
    store.close()


def test_a_killed_one_is_followed_by_another_that_publishes_a_higher_version(home, running):
    running.stdout.readline()
    version = publish.read(home.routes_file).version
    running.kill()
    running.wait()
    store = Store.open(home.store_url)
    tables = []
    steady = Clock()
    controller = process.Controller(
        a_policy(), store, tables.append, clocks.now_us, owner="next", steady_us=steady
    )
    controller.tick()
    assert not tables  # how long the other has been silent is not known yet
    steady.pass_s(3)
    controller.tick()
    assert tables[0].version > version
    store.close()


def test_a_used_port_is_one_clear_line(home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"127.0.0.1:{port}.*choose another") as caught:
            process.run(a_policy(), home, home.store_url, listen=("127.0.0.1", port), tick_s=1)
    assert "\n" not in str(caught.value)


def test_a_hot_gpu_on_its_servers_page_is_in_the_table_that_proxies_obey(home):
    server = PageServer(dcgm(reasons=0x40))
    with server.running() as url:
        policy = watched_policy({"url": url, "kind": "dcgm", "every_s": 1})
        with controlling(home, policy) as child:
            child.stdout.readline()
            until(lambda: publish.read(home.routes_file).factors == {"gpu": 0.5})
            child.send_signal(signal.SIGTERM)
            out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err) == (0, "ended\n", "")
    assert len(server.asked) >= 2


def test_nobodys_word_counts_for_where_a_request_comes_from_unless_one_says_whose():
    assert process.behind({}) == {"proxy_headers": False, "forwarded_allow_ips": ""}
    told = process.behind({"CROSSFADE_BEHIND": " 10.0.0.7,10.0.0.8 "})
    assert told == {"proxy_headers": True, "forwarded_allow_ips": "10.0.0.7,10.0.0.8"}


def test_a_forged_forwarding_header_is_no_address_of_anybody(home, running):
    url = running.stdout.readline().strip()
    with httpx.Client(trust_env=False) as client:
        forged = {"x-forwarded-for": "203.0.113.9", "authorization": "Bearer nobodys"}
        assert client.get(f"{url}/v1/rollouts", headers=forged).status_code == 401
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=20)
    store = Store.open(home.store_url)
    with store.read() as conn:
        told = [json.loads(one.body) for one in events.read(conn, "")]
    store.close()
    (refused,) = [one for one in told if one["type"] == "access.refused"]
    assert [one["from"] for one in refused["details"]["senders"]] == ["127.0.0.1"]


SETTLED = SCRIPT.replace(
    "home = Home", "from cutover.review import reviewer\nreviewer.SETTLE_US = 0\nhome = Home", 1
)


def test_a_night_that_was_missed_is_reviewed_behind_everybody_else(home):
    store = Store.open(home.store_url)
    with store.write() as conn:
        events.append(
            conn, tenant="clinic", type="hold.placed", actor={"kind": "human", "name": "anna"}, object={"kind": "rollout", "id": "clinic/chat"}, at_us=1
        )  # fmt: skip
    with controlling(home, a_policy(), SETTLED) as child:
        child.stdout.readline()
        (told,) = until(lambda: reviews(store))
        child.send_signal(signal.SIGTERM)
        out, err = child.communicate(timeout=60)
    store.close()
    assert (child.returncode, out, err) == (0, "ended\n", "")
    assert told["actor"] == {"kind": "service", "name": "controller"}
    assert (told["details"]["found"], told["details"]["payloads"] is not None) == (
        "whole",
        True,
    )


def reviews(store):
    with store.read() as conn:
        found = [json.loads(one.body) for one in events.read(conn, "")]
    return [one for one in found if one["type"] == "review.performed"]
