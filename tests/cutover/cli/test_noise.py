"""`noise` and `calibrate`, against the real API in this process."""

import pytest
from click.testing import CliRunner
from noisy import measured

from cutover.cli import noise
from cutover.evidence.calibrating import FEWEST


@pytest.fixture
def run(world):
    def run(command, *argv):
        data = str(world.home.path)
        return CliRunner().invoke(
            command,
            ["clinic/chat", *argv, "--as", "erik", "--data", data],
            env={"COLUMNS": "160"},
        )

    return run


def test_the_cells_are_shown_with_what_is_not_used_and_why(world, run):
    measured(world, 4)
    done = run(noise.noise)
    assert done.exit_code == 0, done.output
    assert "in force: the built-in scales" in done.output
    assert "asked again 4 times today, of 2,000 at most" in done.output
    assert "all-MiniLM-L6-v2/fp32" in done.output and "token_sort_ratio" in done.output


def test_what_is_missing_for_a_calibration_is_said(run):
    assert "compared 0 times; 50 are needed" in run(noise.noise).output
    done = run(noise.calibrate, "--reason", "ours")
    assert done.exit_code == 1 and "50 are needed" in done.stderr


def test_a_calibration_says_that_evidence_begins_anew(world, run):
    measured(world, FEWEST)
    done = run(noise.calibrate, "--reason", "ours")
    assert done.exit_code == 0, done.output
    assert "evidence to promote it begins anew" in done.output
    assert "in force: the built-in" not in run(noise.noise).output
