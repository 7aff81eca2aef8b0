"""One part in one process: it reads the policy, opens the folder, and ends when it is told to."""

import json
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner
from deployed import policy_text, until

from cutover.cli import cli
from mirror import applied
from mirror.journal.home import Home


@pytest.fixture
def policy(tmp_path):
    """A policy that is in force in `data`."""
    text = policy_text("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
    return applied.apply(Home.open(tmp_path / "data").policies, text.encode())


@pytest.mark.parametrize("part", ["proxy", "shadow", "score", "controller"])
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
