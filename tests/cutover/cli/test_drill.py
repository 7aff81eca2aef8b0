"""`drill roll-back`, against the real API in this process; time passes between two looks."""

import time
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from rollouts import KEY

from cutover.api import parts
from cutover.cli import drill
from cutover.emergency.drilling import Driller
from mirror.exchange import Side


@pytest.fixture
def run(world, monkeypatch):
    def obeyed(folder):
        return {"proxy": {one.version: one.published_us for one in world.tables}}

    monkeypatch.setattr(parts.obeyed, "told", obeyed)
    driller = Driller(world.controller, lambda: obeyed(None))

    def pass_s(seconds):
        world.exchange(serving=run.side)
        for _ in range(5):
            world.tick()
            driller.step()

    # Of this command alone: the store sleeps as well, where another writes.
    passing = SimpleNamespace(monotonic=time.monotonic, sleep=pass_s)
    monkeypatch.setattr(drill, "time", passing)

    def run(*argv):
        data = str(world.home.path)
        given = ["roll-back", *argv, "--as", "erik", "--reason", "as planned", "--data", data]
        return CliRunner().invoke(drill.drill, given)

    run.side = Side.PRIMARY
    return run


def test_a_drill_is_waited_for_and_its_times_are_told(world, run):
    world.to_canary()
    done = run("clinic/chat", "--for", "10s")
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "clinic/chat: everything goes to the primary for 10 s"
    assert lines[1].split() == ["table", "published", "after", "0", "ms"]
    assert lines[2].split() == ["1", "proxy", "followed", "after", "0", "ms"]
    assert lines[3].endswith("never")
    assert lines[-1] == "clinic/chat: passed"
    assert not world.tables[-1].in_emergency(*KEY)


def test_one_that_has_not_passed_says_why_and_fails_the_command(world, run):
    world.to_canary()
    run.side = Side.CANDIDATE
    done = run("clinic/chat", "--for", "10s")
    assert done.exit_code == 1
    assert "clinic/chat: not passed: it took " in done.output


def test_what_the_api_refuses_is_said(run):
    done = run("clinic/chat")
    assert done.exit_code == 1
    assert "the candidate answers nobody in mirror" in done.stderr
    assert run("clinic").exit_code == 2
