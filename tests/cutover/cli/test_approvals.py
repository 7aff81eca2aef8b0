"""`approvals`, against the real API in this process."""

import pytest
from click.testing import CliRunner

from cutover.cli.approvals import approvals


@pytest.fixture
def run(world):
    def run(*argv, user="anna"):
        given = [*argv, "--as", user, "--data", str(world.home.path)]
        return CliRunner().invoke(approvals, given)

    return run


def test_a_proposal_is_listed_rejected_and_the_rejection_withdrawn(world, run):
    assert run("list").output == "nothing waits for an approval\n"
    world.until_proposed()
    id = world.view().proposal["id"]
    listed = run("list", user="erik").output
    assert listed.startswith(f"{id}  clinic/chat  enter_canary to 20 %, proposed by controller")
    assert "approved by nobody yet" in listed
    done = run("reject", id[:9], "--reason", "too early")
    assert done.exit_code == 0, done.output
    assert "clinic/chat: rejected" in done.output
    assert "rejected by anna" in run("list").output
    assert world.view().proposal is None
    assert run("withdraw", id, "--reason", "on a second look").exit_code == 0
    world.tick()
    assert world.view().proposal


def test_an_engineer_rejects_nothing(world, run):
    world.until_proposed()
    done = run("reject", world.view().proposal["id"], "--reason", "x", user="erik")
    assert (done.exit_code, "no role `lead`" in done.stderr) == (1, True)
    assert world.view().proposal


def test_an_id_that_is_none_is_said(world, run):
    for command in ("reject", "withdraw"):
        done = run(command, "0199", "--reason", "x")
        assert done.exit_code == 1
        assert "0199; `crossfade approvals list` has them" in done.stderr
