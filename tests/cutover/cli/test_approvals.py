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
    assert listed.startswith(f"{id}  clinic/chat  enter canary to 20 %, proposed by controller")
    assert "approved by nobody yet" in listed
    done = run("reject", id[:9], "--reason", "too early")
    assert done.exit_code == 0, done.output
    assert "clinic/chat: rejected" in done.output
    assert "rejected by anna" in run("list").output
    assert world.view().proposal is None
    assert run("withdraw", id, "--reason", "on a second look").exit_code == 0
    world.tick()
    assert world.view().proposal


def test_without_a_command_what_waits_is_listed_as_status_does(world, run):
    assert run().output == "nothing waits for an approval\n"
    world.until_proposed()
    assert run(user="erik").output == run("list", user="erik").output
    assert "clinic/chat  enter canary to 20 %" in run().output


def test_without_a_name_the_one_person_of_this_box_asks_and_of_several_one_is_to_be_named(
    world,
):
    folder = world.home.path / "tokens"
    asked = CliRunner().invoke(approvals, ["--data", str(world.home.path)])
    names = sorted(file.name for file in folder.iterdir() if file.suffix != ".password")
    assert len(names) > 1
    assert (asked.exit_code, "name a user with --as" in asked.stderr) == (1, True)
    for name in names[1:]:
        (folder / name).unlink()
    asked = CliRunner().invoke(approvals, ["--data", str(world.home.path)])
    assert (asked.exit_code, asked.output) == (0, "nothing waits for an approval\n")


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


def test_a_proposal_is_shown_with_what_changes_its_evidence_and_what_is_new_since(world, run):
    world.until_proposed()
    proposal = world.view().proposal
    world.good(3)
    done = run("show", proposal["id"][:9], user="erik")
    assert done.exit_code == 0, done.output
    for words in (
        "clinic/chat: enter canary",
        "own on gpu is to answer 20 % of the sessions, in place of big on cloud; now it is in mirror and answers 0 %",
        "by controller; approved by nobody yet, 1 needed; expires ",
        f"evidence as it was frozen, SHA-256 {proposal['evidence_sha256']}",
        "when it was proposed: verdict promote, on ",
        "  3 more sessions, ",
        "  equivalence: agreement",
        f"crossfade approve clinic/chat --proposal {proposal['id']} --as YOU",
        f"crossfade approvals reject {proposal['id']} --as YOU",
    ):
        assert words in done.output
    assert "change ticket" not in done.output
    assert "equivalence: equivalence" not in done.output
    assert run("show", "0199").exit_code == 1
