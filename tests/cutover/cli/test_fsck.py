"""`crossfade fsck`, on a data folder that nobody else uses."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, update

from cutover.cli.fsck import fsck
from mirror.journal import events, tables
from mirror.journal.store import Store


@pytest.fixture
def store(home):
    store = Store.open(home.store_url)
    with store.write() as conn:
        for tenant, count in (("", 1), ("clinic", 4)):
            for number in range(count):
                events.append(
                    conn,
                    tenant=tenant,
                    type="hold.placed",
                    actor={"kind": "human", "name": "aminah"},
                    object={"kind": "rollout", "id": "clinic/chat"},
                    at_us=number,
                )
    yield store
    store.close()


@pytest.fixture
def run(home):
    def run(*told, code):
        done = CliRunner().invoke(fsck, [*told, "--data", str(home.path)])
        assert done.exit_code == code, done.output + done.stderr
        return done.stdout

    return run


def change(store, statement):
    with store.write() as conn:
        conn.execute(statement)


def test_a_whole_log_is_said_to_be_whole_for_every_tenant(store, run):
    out = run(code=0)
    assert "the deployment itself: 1 event, whole\nclinic: 4 events, whole\n" in out
    assert json.loads(run("--json", code=0)) == {
        "outcome": "whole",
        "whole": {"": 1, "clinic": 4},
        "broken": [],
    }


def test_a_deleted_event_is_a_gap_and_a_changed_one_worse(store, run):
    clinics = tables.event.c.tenant == "clinic"
    change(store, delete(tables.event).where(clinics & (tables.event.c.seq == 2)))
    out = run(code=2)
    assert "tenant clinic, event 2: missing" in out
    assert "clinic: " not in out.replace("tenant clinic", "")
    change(
        store, update(tables.event).where(clinics & (tables.event.c.seq == 1)).values(at_us=7)
    )
    told = json.loads(run("--json", code=1))
    assert (told["outcome"], told["whole"]) == ("changed", {"": 1, "clinic": 0})
    (where,) = told["broken"]
    assert (where["tenant"], where["event"], where["gap"]) == ("clinic", 1, False)


def test_a_log_without_an_event_and_a_folder_without_a_store_show_nothing(home, run, tmp_path):
    Store.open(home.store_url).close()
    assert run(code=2) == "no event was ever written here\n"
    done = CliRunner().invoke(fsck, ["--data", str(tmp_path / "nowhere")])
    assert (done.exit_code, "holds no store" in done.stderr) == (3, True)
    assert not (tmp_path / "nowhere").exists()
