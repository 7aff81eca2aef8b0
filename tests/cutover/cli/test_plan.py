"""`plan`, against the real API in this process."""

import json

import pytest
from click.testing import CliRunner
from rollouts import World, a_policy
from starlette.testclient import TestClient

from cutover.api.app import Api
from cutover.cli import control
from cutover.cli.plan import plan

PLAN = {
    "name": "winter",
    "entries": [
        {"name": "mirror-all", "rollouts": ["*/*"], "until": "mirror"},
        {"name": "first", "rollouts": ["clinic/*"], "not_before": "2023-11-20"},
    ],
}


@pytest.fixture
def run(world, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")

    def run(*argv):
        given = [*argv, "--as", "erik", "--data", str(world.home.path)]
        return CliRunner().invoke(plan, given)

    return run


@pytest.fixture
def planned(world, monkeypatch):
    world.controller.cabinet.release()
    other = World(world.store, world.home, a_policy(plan=PLAN))
    other.tick(2)
    app = Api(other.controller, other.store, other.sealer, other.clock, other.home.load).app()
    monkeypatch.setattr(control.httpx, "Client", lambda **given: TestClient(app))


@pytest.mark.usefixtures("planned")
def test_the_days_ahead_are_shown(run):
    done = run()
    assert done.exit_code == 0, done.output
    head, *rest = done.output.splitlines()
    assert head == (
        "plan winter: declared with 1 rollouts, of its promotions at most 10% false; times of UTC"
    )
    rows = [" ".join(line.split()) for line in rest]
    assert "at once mirror-all clinic/chat mirror 1 of 1 done" in rows
    first = "2023-11-20 00:00 first clinic/chat live 0 of 1 begins 2023-11-20 00:00 UTC"
    assert first in rows
    assert "clinic/chat is in mirror: the plan's `first` begins 2023-11-20 00:00 UTC" in rows


@pytest.mark.usefixtures("planned")
def test_the_apis_own_words_are_there_for_programs(run):
    assert json.loads(run("--json").output)["name"] == "winter"


def test_without_a_plan_the_command_says_so(run):
    done = run()
    assert done.exit_code == 1
    assert "the policy has no `plan`" in done.stderr
