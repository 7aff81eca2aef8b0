"""`crossfade prove` and `crossfade checkpoint`, on a data folder that nobody else uses."""

import json

import pytest
from click.testing import CliRunner
from signed_logs import Logs
from sqlalchemy import update

from cutover.cli.proving import checkpoint, prove
from cutover.verifying.single import verify_proof
from mirror.journal import tables
from mirror.journal.signed.note import Checkpoint, parse
from mirror.journal.store import Store


@pytest.fixture
def logs(home):
    store = Store.open(home.store_url)
    logs = Logs(home, store)
    logs.append(count=4)
    logs.step()
    yield logs
    store.close()


@pytest.fixture
def run(home):
    def run(command, *told, code=0):
        done = CliRunner().invoke(command, [*map(str, told), "--data", str(home.path)])
        assert done.exit_code == code, done.output + done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


def test_an_events_proof_is_written_as_json(logs, run, tmp_path):
    told = json.loads(run(prove, "clinic/2"))
    assert (told["kind"], told["index"], told["size"]) == ("crossfade.inclusion", 1, 4)
    run(prove, "clinic/2", "--out", tmp_path / "proof.json")
    assert json.loads((tmp_path / "proof.json").read_text()) == told
    assert json.loads(run(prove, "/1"))["size"] == 1


def test_an_auditors_checkpoint_is_kept_and_held_against_the_log_later(logs, run, tmp_path):
    old = tmp_path / "old.note"
    old.write_text(run(checkpoint, "--tenant", "clinic"))
    assert Checkpoint.read(parse(old.read_bytes()).text).size == 4
    run(checkpoint, "--tenant", "clinic", "--out", tmp_path / "again.note")
    assert (tmp_path / "again.note").read_bytes() == old.read_bytes()
    logs.append()
    logs.step()
    told = json.loads(run(prove, "--consistency", old))
    assert (told["kind"], told["from"], told["to"]) == ("crossfade.consistency", 4, 5)


def test_what_is_proven_is_good_for_a_verifier_that_has_nothing_else(logs, run, tmp_path):
    old = tmp_path / "old.note"
    old.write_text(run(checkpoint, "--tenant", "clinic"))
    logs.append()
    logs.step()
    for words in (["clinic/2"], ["--consistency", old]):
        text = run(prove, *words)
        assert verify_proof(text.encode(), "proof").code == 0
        spoiled = text.replace('"path": ["', '"path": ["0f', 1).replace("why", "who")
        assert verify_proof(spoiled.encode(), "proof").code == 1


def test_what_cannot_be_proven_ends_with_its_code(logs, run, tmp_path):
    assert "has no event 9" in run(prove, "clinic/9", code=2)
    assert "nothing of the log of nobody is signed" in run(
        checkpoint, "--tenant", "nobody", code=2
    )
    for wrong in ("clinic", "clinic/x", "clinic/-1", "clinic/"):
        assert "TENANT/NUMBER" in run(prove, wrong, code=3)
    assert "name one event" in run(prove, code=3)
    assert "No such file" in run(prove, "--consistency", tmp_path / "none", code=3)
    assert "No such file" in run(prove, "clinic/1", "--out", tmp_path / "no" / "where", code=3)
    where = tables.event.c.tenant == "clinic"
    with logs.store.write() as conn:
        conn.execute(update(tables.event).where(where).values(leaf="ab" * 32))
    assert "not what was signed" in run(prove, "clinic/2", code=1)


def test_a_folder_without_a_store_is_told(tmp_path):
    done = CliRunner().invoke(prove, ["clinic/1", "--data", str(tmp_path / "nowhere")])
    assert (done.exit_code, "holds no store" in done.stderr) == (3, True)
