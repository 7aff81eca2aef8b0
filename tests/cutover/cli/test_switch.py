"""`drain`, `return` and `emergency`, against the real API in this process."""

import pytest
from click.testing import CliRunner
from rollouts import KEY

from cutover.cli import switch


@pytest.fixture
def run(world):
    def run(command, *argv):
        data = str(world.home.path)
        given = [*argv, "--as", "erik", "--reason", "because", "--data", data]
        return CliRunner().invoke(command, given)

    return run


def test_a_drain_says_until_when_and_is_obeyed(world, run):
    done = run(switch.drain, "gpu", "--for", "2h")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("gpu: drained until 2023-11-15 00:13:")
    assert world.tables[-1].drains == {"gpu": world.clock() + 7_200_000_000}
    assert run(switch.give_back, "gpu").output == "gpu: is asked again\n"
    assert world.tables[-1].drains == {}


def test_a_drain_without_an_end_names_the_command_that_ends_it(world, run):
    assert "until `crossfade return`" in run(switch.drain, "gpu").output
    assert world.tables[-1].drains == {"gpu": 0}


def test_whom_a_drain_leaves_without_an_answer_is_said(run):
    done = run(switch.drain, "cloud", "--for", "30m")
    assert done.exit_code == 0
    assert "clinic/chat: clients there get 503" in done.stderr


def test_an_emergency_of_a_tenant_is_switched_on_and_off(world, run):
    done = run(switch.emergency, "on", "--tenant", "clinic")
    assert done.output == "emergency clinic: everything goes to the primary\n"
    assert world.tables[-1].in_emergency(*KEY)
    assert run(switch.emergency, "off", "--tenant", "clinic").exit_code == 0
    assert not world.tables[-1].in_emergency(*KEY)


def test_an_emergency_of_all_is_called_so(run):
    assert "emergency all:" in run(switch.emergency, "on").output


@pytest.mark.parametrize("span", ["2", "h", "0h", "2 h", "-1h", "1w"])
def test_a_time_that_is_none_is_explained(run, span):
    done = run(switch.drain, "gpu", "--for", span)
    assert done.exit_code == 2
    assert "as in 30m, 2h or 1d" in done.stderr


def test_what_the_api_refuses_is_said(run):
    done = run(switch.drain, "gpux")
    assert done.exit_code == 1
    assert "known: `cloud`, `gpu`" in done.stderr
