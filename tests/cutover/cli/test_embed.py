"""`reindex`, against the real API in this process."""

import pytest
from click.testing import CliRunner
from rollouts import World, a_policy

from cutover.api.app import Api
from cutover.cli import control, embed


@pytest.fixture
def run(world):
    def run(*argv):
        given = [
            "clinic",
            "--as",
            "erik",
            "--reason",
            "because",
            "--data",
            str(world.home.path),
        ]
        return CliRunner().invoke(embed.reindex, [*given, *argv])

    return run


@pytest.fixture
def embeds(world, monkeypatch):
    """The same deployment with a policy whose route is `embed`."""
    from starlette.testclient import TestClient

    other = World(world.store, world.home, a_policy(route="embed"), key=("clinic", "embed"))
    other.clock.pass_s(60)  # the first controller's lease is over
    other.tick()
    app = Api(other.controller, world.store, other.sealer, other.clock, world.home.load).app()
    monkeypatch.setattr(control.httpx, "Client", lambda **given: TestClient(app))
    return other


def test_a_re_index_is_recorded_and_said(embeds, run):
    done = run("--index", "notes")
    assert done.exit_code == 0, done.output
    assert "clinic/embed: index notes has the candidate's vectors" in done.output
    assert "attempt 1" in done.output
    assert [one["details"]["index"] for one in embeds.events("index.rebuilt")] == ["notes"]


def test_without_such_a_rollout_it_says_which_there_are(run):
    done = run("--index", "notes")
    assert done.exit_code == 1 and "known: clinic/chat" in done.stderr


def test_an_index_has_a_name(run):
    assert run().exit_code == 2
