"""`crossfade replay`, on a data folder that nobody else uses."""

import json

import pytest
import yaml
from builders import REHEARSAL
from click.testing import CliRunner
from rollouts import World, a_policy
from sqlalchemy import delete, update

from compare import ledger
from cutover.cli.replay import replay
from mirror import applied
from mirror.journal.store import Store


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    text = yaml.safe_dump(world.policy.model_dump(mode="json", exclude_defaults=True))
    applied.apply(home.policies, text.encode())
    world.tick()
    world.to_canary()
    world.good(2)
    yield world
    store.close()


@pytest.fixture
def run(home):
    def run(*told, code=0):
        done = CliRunner().invoke(replay, [*told, "--data", str(home.path)])
        assert done.exit_code == code, done.output + done.stderr
        return done

    return run


def change(world, statement):
    with world.store.write() as conn:
        conn.execute(statement)


def test_what_comes_out_again_is_said_for_every_standing(world, run):
    out = " ".join(run("clinic/chat").stdout.split())
    assert "by anna" in out
    assert "still there" in out
    assert "everything recorded comes out again, to the last digit" in out
    told = json.loads(run("clinic/chat", "--json").stdout)
    assert told["outcome"] == "equal"
    assert [one["verdict"]["outcome"] for one in told["standings"]] == ["equal", "nothing"]


def test_what_differs_is_named_and_ends_with_one(world, run):
    table = ledger.comparisons
    change(world, update(table).where(table.c.session == "s3").values(equivalence=0.5))
    out = " ".join(run("clinic/chat", code=1).stdout.split())
    assert "attempt 1, mirror, sessions: session 3 (s3): apart recorded" in out
    assert "what was recorded is NOT what the ledger says" in out


def test_what_is_gone_is_named_and_ends_with_two(world, run):
    table = ledger.comparisons
    change(world, delete(table).where(table.c.session == "s3"))
    assert "its one exchange is gone" in run("clinic/chat", code=2).stdout


def test_a_policy_that_is_kept_no_more_may_be_given(world, run, home, tmp_path):
    (copy,) = home.policies.glob("0*.yaml")
    given = copy.rename(tmp_path / "then.yaml")
    out = " ".join(run("clinic/chat", code=2).stdout.split())
    assert "is not kept: give it with -p" in out
    run("clinic/chat", "-p", str(given))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (["clinic/audio"], "clinic/audio was never a rollout here"),
        (["clinic/chat", "-p", "nothing.yaml"], "nothing.yaml"),
    ],
)
def test_what_cannot_be_tried_ends_with_three(world, run, told, words):
    assert words in run(*told, code=3).stderr


def test_a_folder_without_a_store_ends_with_three(tmp_path):
    done = CliRunner().invoke(replay, ["clinic/chat", "--data", str(tmp_path)])
    assert (done.exit_code, "holds no store" in done.stderr) == (3, True)


def test_what_a_dry_run_would_have_done_is_told(home, run):
    store = Store.open(home.store_url)
    dry = REHEARSAL.model_copy(update={"dry_run": True})
    world = World(store, home, a_policy(terms=dry))
    text = yaml.safe_dump(world.policy.model_dump(mode="json", exclude_defaults=True))
    applied.apply(home.policies, text.encode())
    world.tick()
    world.good(60)
    assert "mirror, dry run, would propose: equal" in " ".join(
        run("clinic/chat").stdout.split()
    )
    told = json.loads(run("clinic/chat", "--json").stdout)
    assert told["standings"][0]["would"] == [
        {"kind": "would_propose", "outcome": "equal", "why": ""}
    ]
    store.close()
