"""`signoff`, against the real API in this process."""

import pytest
from builders import REHEARSAL
from click.testing import CliRunner
from rollouts import KEY, a_policy

from cutover.cli.signoff import signoff
from cutover.people import Person, Role
from policies.sign_off import SignOff

RITA = Person("rita", frozenset({Role.REVIEWER}))


@pytest.fixture
def run(world):
    asked = SignOff(pairs=2, routes=("chat",))
    policy = a_policy(terms=REHEARSAL.model_copy(update={"sign_off": asked}))
    cabinet = world.controller.cabinet
    world.controller.policy = cabinet.policy = policy
    cabinet.files[KEY].declared = policy.rollouts[0]
    (world.home.tokens / "rita").write_text(world.add(RITA)["rita"])

    def run(*argv, user="rita"):
        given = [*argv, "--as", user, "--data", str(world.home.path)]
        return CliRunner().invoke(signoff, given)

    return run


def test_pairs_are_listed_shown_and_labelled(world, run):
    nothing = run("list", "clinic/chat")
    assert (nothing.exit_code, "no pairs were drawn" in nothing.stderr) == (1, True)
    while not world.events("signoff.drawn"):
        world.good(1)
    listed = run("list", "clinic/chat").output.splitlines()
    assert listed[0].startswith("0 of 2 pairs signed off, drawn of")
    assert listed[1].endswith("not read yet")
    shown = run("show", "clinic/chat", "1", "--plain")
    assert shown.exit_code == 0, shown.output + shown.stderr
    assert "answer of the" in shown.output
    done = run("label", "clinic/chat", "1", "acceptable")
    assert done.output == "clinic/chat: pair 1 is acceptable; 1 of 2 pairs signed off\n"
    done = run("label", "clinic/chat", "2", "harmful", "--note", "ten times the dose")
    assert "it is reported as an incident" in done.output
    listed = run("list", "clinic/chat").output
    assert "acceptable (rita)" in listed
    assert "harmful (rita: ten times the dose)" in listed


def test_what_is_refused_is_said(world, run):
    while not world.events("signoff.drawn"):
        world.good(1)
    anna = run("label", "clinic/chat", "1", "acceptable", user="anna")
    assert (anna.exit_code, "no role `clinical-reviewer`" in anna.stderr) == (1, True)
    silent = run("label", "clinic/chat", "1", "not-acceptable")
    assert (silent.exit_code, "`note`" in silent.stderr) == (1, True)
    assert run("label", "clinic/chat", "1", "fine").exit_code == 2
    assert run("show", "clinic/chat", "9").exit_code == 1
