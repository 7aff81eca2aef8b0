"""`incident`, against the real API in this process."""

import pytest
from click.testing import CliRunner

from cutover.cli.incident import incident


@pytest.fixture
def run(world):
    def run(*argv):
        given = [*argv, "--as", "erik", "--data", str(world.home.path)]
        return CliRunner().invoke(incident, given)

    return run


def test_a_report_says_what_is_kept_and_held_and_a_close_ends_it(world, run):
    assert run("list").output == "no incident is open\n"
    id = world.exchange()
    done = run("report", id, "--reason", "wrong dose")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[:2] == [
        f"incident 1: exchange {id} is kept",
        "nothing is widened of clinic/chat",
    ]
    assert f"clinic/chat  {id}  erik: wrong dose\n" in run("list").output
    assert run("close", "1", "--reason", "looked into").exit_code == 0
    assert run("list").output == "no incident is open\n"
    assert run("list", "--all").output.endswith("wrong dose, closed by erik: looked into\n")


def test_what_the_api_refuses_is_said(run):
    done = run("report", "0199", "--reason", "x")
    assert done.exit_code == 1
    assert "no exchange 0199 is in the store" in done.stderr
    assert "no incident 4" in run("close", "4", "--reason", "x").stderr
    assert run("close", "zero", "--reason", "x").exit_code == 2
