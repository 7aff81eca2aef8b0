"""One part in one process: it reads the policy, opens the folder, and ends when it is told to."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from deployed import policy_text, until
from told import Webhook

from cutover.cli import cli
from cutover.emergency import switches
from cutover.notices import outbox
from cutover.people import Actor, Deed, Kind
from mirror import applied
from mirror.journal import events
from mirror.journal.home import Home
from mirror.journal.signed import heads
from mirror.journal.store import Store


@pytest.fixture
def policy(tmp_path):
    """A policy that is in force in `data`."""
    text = policy_text("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
    return applied.apply(Home.open(tmp_path / "data").policies, text.encode())


@pytest.mark.parametrize("part", ["proxy", "shadow", "score", "controller", "notify"])
def test_a_part_without_its_policy_says_so(part, tmp_path, monkeypatch):
    monkeypatch.setattr("mirror.logs.start", lambda part: None)  # the log of this process stays
    arguments = ["run", part, "--data", str(tmp_path)]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert "no policy was applied" in result.output


def test_a_part_ends_well_on_sigterm(policy, tmp_path):
    data = tmp_path / "data"
    part = subprocess.Popen(
        [sys.executable, "-m", "cutover.cli", "run", "drain", "--data", str(data)]
    )
    try:
        until((data / "spool" / "drain.lock").exists)
        part.send_signal(signal.SIGTERM)
        assert part.wait(20) == 0
    finally:
        part.kill()
        part.wait()


def test_a_parts_log_is_json_where_nobody_looks_at_it(policy, tmp_path):
    keyed = policy.path.read_text().replace(
        "models: [gpt-4o]}", "models: [gpt-4o], credential: {mode: swap, env: NOT_THERE}}"
    )
    data = tmp_path / "data"
    applied.apply(data / "policies", keyed.encode())
    part = subprocess.Popen(
        [sys.executable, "-m", "cutover.cli", "run", "shadow", "--data", str(data)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        found = json.loads(part.stderr.readline())
    finally:
        part.kill()
        part.communicate()
    assert (found["part"], found["level"]) == ("shadow", "error")
    assert "policy 1" in found["message"]
    assert "NOT_THERE" in found["message"]


def notifying(home, **environ):
    return subprocess.Popen(
        [sys.executable, "-m", "cutover.cli", "run", "notify", "--data", str(home.path)],
        env={**os.environ, **environ},
    )


def drained(home, upstream):
    store = Store.open(home.store_url)
    with store.write() as conn:
        deed = Deed(Actor(Kind.HUMAN, "erik"), time.time_ns() // 1000, "fans")
        switches.drain(conn, upstream, 0, deed)
    store.close()


def test_a_killed_notifier_loses_nothing_and_repeats_nothing(tmp_path):
    """Real processes: what happens while none runs is told by the next, and nothing twice."""
    with Webhook() as webhook:
        text = policy_text("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
        text += (
            f"notify:\n  - {{to: OPS, location: onprem, hosts: ['127.0.0.1:{webhook.port}']}}\n"
        )
        home = Home.open(tmp_path / "data")
        applied.apply(home.policies, text.encode())
        Store.open(home.store_url).close()
        for upstream in ("gpu", "primary"):
            told = len(webhook.got) + 1
            part = notifying(home, OPS=webhook.url, HTTP_PROXY="http://127.0.0.1:9")
            try:
                if upstream == "gpu":
                    until(lambda: is_known(home))
                    drained(home, upstream)
                until(lambda told=told: len(webhook.got) == told)
                until(lambda told=told: sent(home) == told)
            finally:
                part.kill()
                part.wait()
            drained(home, "primary")
        part = notifying(home, OPS=webhook.url)
        try:
            until(lambda: sent(home) == 3)
        finally:
            part.terminate()
            assert part.wait(60) == 0
    titles = [title.partition("): ")[2] for title, _ in webhook.letters]
    assert titles == [f"upstream {name} is drained" for name in ("gpu", "primary", "primary")]


def is_known(home):
    store = Store.open(home.store_url)
    try:
        with store.read() as conn:
            return outbox.known(conn, "OPS")
    finally:
        store.close()


def sent(home):
    store = Store.open(home.store_url)
    try:
        with store.read() as conn:
            return sum(one.type == "notice.sent" for one in events.read(conn, ""))
    finally:
        store.close()


def test_a_signer_signs_what_is_there_and_ends_well(tmp_path):
    home = Home.open(tmp_path / "data")
    store = Store.open(home.store_url)
    with store.write() as conn:
        switches.switch_on(conn, "", "", Deed(Actor(Kind.HUMAN, "lead"), 1, "smoke"))
    part = subprocess.Popen(
        [sys.executable, "-m", "cutover.cli", "run", "signer", "--data", str(home.path)]
    )
    try:

        def signed():
            with store.read() as conn:
                return heads.newest(conn, "")

        until(signed)
        part.send_signal(signal.SIGTERM)
        assert part.wait(20) == 0
    finally:
        part.kill()
        part.wait()
        store.close()


def test_a_notifier_with_nobody_to_tell_waits_and_ends_well(policy, tmp_path):
    home = Home.open(tmp_path / "data")
    part = notifying(home)
    try:
        until(lambda: ends_by_signal(part.pid))
        part.send_signal(signal.SIGTERM)
        assert part.wait(20) == 0
    finally:
        part.kill()
        part.wait()


def ends_by_signal(pid):
    """Whether it has a handler for SIGTERM already."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    caught = next(line.split()[1] for line in lines if line.startswith("SigCgt"))
    return bool(int(caught, 16) & 1 << signal.SIGTERM - 1)
