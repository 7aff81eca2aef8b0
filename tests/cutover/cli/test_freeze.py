"""`freeze`, against the real API in this process."""

import pytest
from click.testing import CliRunner

from cutover.cli.freeze import freeze


@pytest.fixture
def run(world):
    def run(*argv, user="erik", why=("--reason", "audit")):
        given = [*argv, "--as", user, *why, "--data", str(world.home.path)]
        return CliRunner().invoke(freeze, given)

    return run


def show(run):
    return run("show", why=()).output


def test_a_freeze_says_until_when_is_shown_and_lifted(run):
    done = run("on", "--tenant", "clinic", "--for", "2h")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("clinic: frozen until 2023-11-15 00:13:")
    assert "clinic: frozen until 2023-11-15 00:13:21 UTC by erik: audit\n" in show(run)
    assert "clinic/chat: frozen until 2023-11-15 00:13:21 UTC: audit (erik)\n" in show(run)
    assert "lifted" in run("off", "--tenant", "clinic").output
    assert show(run) == "nothing is frozen\n"


def test_breaking_is_a_leads_and_says_until_when(run):
    run("on")
    refused = run("break", "--tenant", "clinic")
    assert (refused.exit_code, "only a lead may break a freeze" in refused.stderr) == (1, True)
    done = run("break", "--tenant", "clinic", "--for", "10m", user="anna")
    assert done.output.startswith("clinic: freezes do not count until 2023-11-14 22:23:")
    assert "clinic: broken until" in show(run)
    assert run("mend", "--tenant", "clinic", user="anna").output == "freezes count again\n"
    assert "clinic/chat: frozen until the freeze is lifted" in show(run)


def test_what_the_api_refuses_is_said(run):
    done = run("off")
    assert done.exit_code == 1
    assert "placed: none" in done.stderr
