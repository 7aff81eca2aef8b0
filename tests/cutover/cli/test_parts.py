"""One part in one process: it reads the policy, opens the folder, and ends when it is told to."""

import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner
from deployed import policy_text, until

from cutover.cli import cli


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
    return path


@pytest.mark.parametrize("part", ["proxy", "shadow", "score", "controller"])
def test_a_part_without_its_policy_says_so(part, tmp_path):
    arguments = ["run", part, "-p", str(tmp_path / "none.yaml"), "--data", str(tmp_path)]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert "none.yaml" in result.output


def test_a_part_ends_well_on_sigterm(policy, tmp_path):
    data = tmp_path / "data"
    part = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "cutover.cli",
            "run",
            "drain",
            "-p",
            str(policy),
            "--data",
            str(data),
        ]
    )
    try:
        until((data / "spool" / "drain.lock").exists)
        part.send_signal(signal.SIGTERM)
        assert part.wait(20) == 0
    finally:
        part.kill()
        part.wait()
