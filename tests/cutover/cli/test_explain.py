"""`crossfade explain`, on an exchange and on a line of pairs."""

import json
import shutil

import pytest
from click.testing import CliRunner
from rollouts import World

from cutover.cli.explain import explain
from mirror.journal.store import Store

PAIR = {
    "id": "p1",
    "route": "reason",
    "input": "Summarise.",
    "primary": "Left knee pain. Take metformin 500 mg.",
    "candidate": "Right knee pain. Take metformin 5000 mg.",
}


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


@pytest.fixture
def run(home):
    def run(*told, code=0):
        done = CliRunner().invoke(explain, [*told, "--data", str(home.path)])
        assert done.exit_code == code, done.output + done.stderr
        return done

    return run


def test_a_person_sees_who_what_and_why(world, run):
    out = run(world.exchange(bad=True)).stdout
    assert "who: clinic, route chat, session s1" in out
    assert " UTC (" in out and "in the ledger: compared" in out
    assert "fail   DOSE_CONFLICT  A medicine has a dose" in out
    assert "5 mg / 50 mg" in out
    assert "agreement 0.20, the primary with itself 0.95" in out
    assert "answer of the [-primary-] to question" in out
    assert "whole answer: primary 200 ms, candidate 200 ms" in out
    assert "cloud, big; answered the client; complete, status 200" in out
    assert "\x1b" not in out


def test_reading_is_recorded_under_the_account_that_reads(world, run):
    id = world.exchange()
    run(id, "--reason", "complaint 12")
    (event,) = world.events("payload.viewed")
    assert event["actor"]["name"].startswith("os:")
    assert (event["reason"], event["details"]["exchange"]) == ("complaint 12", id)


def test_without_texts_nothing_is_read_and_nothing_recorded(world, run):
    out = run(world.exchange(bad=True), "--no-texts").stdout
    assert "no words are shown: not asked for" in out and "DOSE_CONFLICT" in out
    assert "answer of" not in out and "5 mg" not in out
    assert world.events("payload.viewed") == []


def test_without_the_key_the_rest_is_told_and_no_new_key_is_made(world, run):
    id = world.exchange(bad=True)
    shutil.rmtree(world.home.keys)
    out = run(id).stdout
    assert "no words are shown: the key that opens them is not in" in out
    assert "DOSE_CONFLICT" in out
    assert not list(world.home.keys.glob("payload*"))


def test_json_has_everything_and_only_ascii(world, run):
    out = run(world.exchange(bad=True), "--json").stdout
    found = json.loads(out)
    assert found["flags"][0]["code"] == "DOSE_CONFLICT"
    assert found["candidate"]["timing"]["total_ms"] == 200.0
    assert out.isascii()


def test_an_unknown_id_is_a_clear_error(world, run):
    assert "no exchange ffff is in the store" in run("ffff", code=2).stderr
    assert "is no id of an exchange" in run("../x", code=2).stderr


def test_a_folder_without_a_store_is_told_and_not_filled(tmp_path):
    done = CliRunner().invoke(explain, ["0190", "--data", str(tmp_path)])
    assert (done.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "holds no store" in done.stderr


@pytest.mark.parametrize("told", [(), ("0190", "--pair", "x.jsonl")])
def test_one_thing_is_to_be_named(run, told):
    assert "one of the two" in run(*told, code=2).stderr


def test_a_line_of_pairs_is_scored_and_explained(tmp_path, run):
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n" + json.dumps(PAIR) + "\n")
    out = run("--pair", f"{file}:2").stdout
    assert out.startswith("pair p1\nroute: reason\n")
    assert "LATERALITY" in out and "[-Left-] knee pain" in out and "{+5000+} mg" in out


@pytest.mark.parametrize(
    ("place", "words"),
    [(":1", "pairs.jsonl:1: not JSON"), (":9", "has no line 9"), ("x", "No such file")],
)
def test_a_line_that_cannot_be_scored_is_a_clear_error(tmp_path, run, place, words):
    file = tmp_path / "pairs.jsonl"
    file.write_text("{\n")
    assert words in run("--pair", f"{file}{place}", code=2).stderr
