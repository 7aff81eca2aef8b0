"""`approve`, `hold`, `resume` and `roll-back`, against the real API in this process."""

import pytest
from click.testing import CliRunner
from rollouts import ANNA, KEY

from cutover.approving.rejecting import Rejecting
from cutover.cli import act


@pytest.fixture
def run(world):
    def run(command, *argv, user="anna", target="clinic/chat"):
        data = str(world.home.path)
        given = [target, "--as", user, "--reason", "because", "--data", data, *argv]
        return CliRunner().invoke(command, given)

    return run


def test_approving_moves_the_rollout_and_says_where_to(world, run):
    id = world.until_proposed()["id"]
    done = run(act.approve)
    assert done.exit_code == 0
    assert done.output == (
        f"clinic/chat: approved {id}; mirror -> canary, "
        "the candidate now answers 20 % of the sessions\n"
    )
    assert world.view().stage == "canary"


def test_who_proposes_is_told_how_somebody_else_approves(world, run):
    early = run(act.propose, user="erik")
    assert (early.exit_code, "the verdict is hold" in early.stderr) == (1, True)
    Rejecting(world.controller).reject(ANNA, KEY, world.until_proposed()["id"], "not yet")
    done = run(act.propose, user="erik")
    assert done.exit_code == 0, done.output
    made = world.view().proposal
    assert made["proposer"] == "erik"
    assert done.output.startswith("clinic/chat: proposed enter canary to 20 %, until ")
    assert f"`crossfade approve clinic/chat --proposal {made['id']}`" in done.output
    assert run(act.approve, "--proposal", made["id"]).exit_code == 0
    assert world.view().stage == "canary"


def test_a_proposal_that_is_not_the_one_that_was_read_is_not_approved(world, run):
    id = world.until_proposed()["id"]
    for another in ("0199", id[:8]):  # ids of the same minute begin alike
        done = run(act.approve, "--proposal", another)
        assert (done.exit_code, world.view().stage) == (1, "mirror")
        assert "there is no such proposal of this rollout" in done.stderr
    assert run(act.approve, "--proposal", id).exit_code == 0


def test_of_a_proposal_that_ended_it_says_how(world, run):
    id = world.until_proposed()["id"]
    assert run(act.roll_back).exit_code == 0
    done = run(act.approve, "--proposal", id)
    assert done.exit_code == 1
    assert "this proposal is void: the rollout moved to rolled_back" in done.stderr


def test_with_nothing_proposed_it_says_what_the_rollout_waits_for(run):
    done = run(act.approve)
    assert done.exit_code == 1
    assert "nothing to approve. It waits for: " in done.output


def test_a_void_approval_is_a_failure_with_its_reason(world, run):
    world.until_proposed()
    world.exchange(bad=True)
    world.exchange(bad=True)
    done = run(act.approve)
    assert done.exit_code == 1
    assert "no longer promote" in done.output


def test_who_may_not_is_told_why(world, run):
    world.until_proposed()
    done = run(act.approve, user="erik")
    assert done.exit_code == 1
    assert "only a lead approves" in done.output


def test_hold_resume_and_roll_back(world, run):
    assert "held where it is by erik" in run(act.hold, user="erik").output
    assert world.view().held_by == "erik"
    assert "clinic/chat: goes on, in mirror" in run(act.resume, user="erik").output
    done = run(act.roll_back, user="erik")
    assert (done.exit_code, world.view().stage) == (0, "rolled_back")
    assert "0 % of the sessions" in done.output
    again = run(act.roll_back, user="erik")
    assert again.exit_code == 1
    assert "rolled back already" in again.output and "`crossfade resume`" in again.output


@pytest.mark.parametrize("target", ["chat", "a/b/c", "/chat", "clinic/", ""])
def test_a_target_of_another_form_is_explained(run, target):
    done = run(act.hold, target=target)
    assert done.exit_code == 2
    assert "TENANT/ROUTE" in done.output


def test_an_unknown_rollout_names_the_known_ones(run):
    done = run(act.hold, target="clinic/audio")
    assert done.exit_code == 1
    assert "known: clinic/chat" in done.output


def test_an_unknown_user_and_a_missing_controller_end_with_2(world, run):
    assert run(act.hold, user="nobody").exit_code == 2
    world.home.control_file.unlink()
    done = run(act.hold)
    assert done.exit_code == 2
    assert "crossfade up" in done.output


@pytest.mark.parametrize("command", [act.approve, act.hold, act.resume, act.roll_back])
def test_nobody_acts_under_a_name_that_is_not_that_of_their_token(
    world, run, monkeypatch, command
):
    before = world.events()
    monkeypatch.setenv("CROSSFADE_TOKEN", (world.home.tokens / "anna").read_text())
    done = run(command, user="erik")
    assert done.exit_code == 2
    assert "--as names 'erik', but the token is that of 'anna'" in done.output
    assert world.events() == before
    assert world.view().held_by == ""


def test_a_token_of_the_environment_acts_for_its_own_person(world, run, monkeypatch):
    monkeypatch.setenv("CROSSFADE_TOKEN", (world.home.tokens / "anna").read_text())
    assert "held where it is by anna" in run(act.hold).output


def test_a_token_that_is_nobodys_is_refused(run, monkeypatch):
    monkeypatch.setenv("CROSSFADE_TOKEN", "nonsense")
    assert run(act.hold).exit_code == 1


def test_a_change_ticket_goes_with_a_proposal_and_with_an_approval(world, run):
    Rejecting(world.controller).reject(ANNA, KEY, world.until_proposed()["id"], "not yet")
    assert run(act.propose, "--ticket", "CHG-1", user="erik").exit_code == 0
    assert world.view().proposal["ticket"] == "CHG-1"
    done = run(act.approve, "--ticket", "no ticket")
    assert (done.exit_code, "as in CHG-4711" in done.stderr) == (1, True)
    assert run(act.approve, "--ticket", "CHG-2").exit_code == 0
    (given,) = world.events("approval.given")
    assert given["details"]["ticket"] == "CHG-2"
