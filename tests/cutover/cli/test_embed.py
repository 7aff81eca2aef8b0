"""`reindex`, against the real API in this process, and what `probe-embed` says."""

import json

import pytest
from click.testing import CliRunner
from rollouts import World, a_policy

from compare import corpus
from compare.probe_corpus import Likeness, says
from cutover.api.app import Api
from cutover.cli import control, embed
from mirror.journal.home import Home
from mirror.journal.store import Store


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


def probe(policy, data):
    Store.open(Home.open(data).store_url).close()
    given = ["clinic", "-p", str(policy), "--data", str(data)]
    return CliRunner().invoke(embed.probe_embed, given)


def written(tmp_path, route="embed", reask=True):
    told = a_policy(route=route).model_dump(mode="json", exclude_defaults=True)
    told["tenants"]["clinic"]["reask"] = reask
    path = tmp_path / "policy.yaml"
    path.write_text(json.dumps(told))  # JSON is YAML
    return path


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"route": "chat"}, "no rollout clinic/embed"),
        ({"reask": False}, "`tenants.clinic.reask` allows nobody to ask the primary again"),
        ({}, "0 texts of clinic are kept, and 56 are needed"),
    ],
)
def test_a_probe_that_cannot_be_says_why(home, tmp_path, given, says):
    done = probe(written(tmp_path, **given), home.path)
    assert done.exit_code == 2 and says in done.stderr


def test_a_mistyped_folder_is_told_and_not_made(tmp_path):
    given = ["clinic", "-p", str(written(tmp_path)), "--data", str(tmp_path / "typo")]
    done = CliRunner().invoke(embed.probe_embed, given)
    assert done.exit_code == 2 and "typo holds no store" in done.stderr
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize(("score", "code"), [(0.54, 0), (0.1, 1)])
def test_a_probe_is_told_in_two_lines_and_a_broken_one_by_its_exit_code(
    home, tmp_path, monkeypatch, score, code
):
    found = corpus.Probed(
        90, 10, Likeness(0.55, 0.4, 0.5, 0.5, 0.6, 0.7), 0.99, score, says(score)
    )

    async def probed(policy, rollout, home):
        return found

    monkeypatch.setattr(embed, "_probed", probed)
    done = probe(written(tmp_path), home.path)
    assert done.exit_code == code, done.output
    assert f"clinic/embed: {score:.2f}, {says(score)} (90 documents, 10 queries)" in done.output
    assert "overlap@10 0.55 (the primary with itself 0.99)" in done.output
