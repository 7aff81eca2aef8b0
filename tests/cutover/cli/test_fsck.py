"""`crossfade fsck`, on a data folder that nobody else uses."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from builders import accepted, replied
from click.testing import CliRunner
from signed_logs import Logs, append
from sqlalchemy import delete, update

from cutover.cli import fsck as module
from cutover.cli.fsck import fsck
from mirror.journal import events, exchanges, tables
from mirror.journal.seal import Sealer
from mirror.journal.signed import orders
from mirror.journal.signed import tables as signed_tables
from mirror.journal.signed.keyring import Order
from mirror.journal.store import Store, StoreError


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


@pytest.fixture
def logs(home, store):
    logs = Logs(home, store)
    logs.step(3700)
    logs.step(3600)
    return logs


def change(store, statement):
    with store.write() as conn:
        conn.execute(statement)


def test_a_whole_log_is_said_to_be_whole_for_every_tenant(store, run):
    out = run(code=0)
    assert "the deployment itself: 1 event, whole\nclinic: 4 events, whole\n" in out
    assert json.loads(run("--json", code=0)) == {
        "outcome": "whole",
        "whole": {"": 1, "clinic": 4},
        "signed": {},
        "checked": {"logs": 2, "events": 5, "checkpoints": 0, "digests": 0},
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


def test_what_was_signed_is_said_and_held_against_the_log(logs, run):
    logs.append(count=300)
    logs.step()
    assert "clinic: 304 events, whole, 304 signed" in run(code=0)
    told = json.loads(run("--json", code=0))
    assert told["signed"]["clinic"] == 304
    checked = told["checked"]
    assert checked["events"] == sum(told["whole"].values())
    assert checked["checkpoints"] == sum(len(logs.checkpoints(of)) for of in ("", "clinic"))
    assert checked["digests"] == len(logs.rows("log_digest"))


def test_events_cut_off_at_the_end_show_once_they_were_signed(logs, run, store):
    cut = (tables.event.c.tenant == "clinic") & (tables.event.c.seq > 2)
    change(store, delete(tables.event).where(cut))
    assert "tenant clinic, event 3: missing: 4 events were signed, and there are 2" in run(
        code=2
    )
    for table in (signed_tables.log_checkpoint, signed_tables.log_digest):
        change(store, delete(table).where(table.c.tenant == "clinic"))
    assert "the deployment's own log has a head of 4 events" in run(code=2)
    told = tables.event.c.type == "checkpoint.signed"
    change(store, update(tables.event).where(told).values(type="checkpoint.signed"))
    assert "tenant clinic, event 3" in run(code=2)


def test_a_tenants_log_that_is_gone_is_named(logs, run, store):
    change(store, delete(tables.event).where(tables.event.c.tenant == "clinic"))
    assert "tenant clinic, event 1: missing, with its whole log" in run(code=2)


def test_a_signer_that_remembers_more_than_the_store_has_is_believed(logs, run, store):
    for table in (signed_tables.log_checkpoint, signed_tables.log_digest, tables.event):
        change(store, delete(table).where(table.c.tenant == "clinic"))
    change(store, delete(tables.event).where(tables.event.c.tenant == ""))
    for table in (signed_tables.log_checkpoint, signed_tables.log_digest):
        change(store, delete(table))
    assert "tenant clinic, event 1: missing: the signer remembers a head of 4 events" in run(
        code=2
    )


def test_a_key_or_a_memory_that_is_not_the_stores_is_told(logs, run, store):
    logs.folder.key.write_bytes(bytes(32))
    assert "the key that signs is not the one in the signer's folder" in run(code=1)
    (logs.folder.path / "state.json").write_text("{}")
    done = CliRunner().invoke(fsck, ["--data", str(logs.home.path)])
    assert (done.exit_code, "not what the signer wrote" in done.stderr) == (3, True)


def test_a_revocation_that_was_taken_back_in_the_store_is_told_without_the_signers_folder(
    logs, run, store, home
):
    old = logs.signer.key.id.hex()
    for kind, more in (("rotate", {}), ("revoke", {"key_id": old})):
        orders.give(
            logs.folder, kind, Order({"kind": "human", "name": "aminah"}, "why", 0), **more
        )
        logs.step(60)
    shutil.rmtree(logs.folder.path)
    run(code=0)
    keys = signed_tables.signing_key
    change(store, update(keys).where(keys.c.key_id == old).values(revoked_us=0))
    assert f"key {old} was revoked by this event, and the store's list of keys" in run(code=1)


def test_the_nightly_one_ends_with_the_controller_that_began_it(store, run, monkeypatch):
    followed = []
    monkeypatch.setattr(module, "end_with_parent", lambda: followed.append("its parent"))
    run(code=0)
    assert followed == ["its parent"]


def test_nothing_is_written_unless_a_record_is_asked_for(logs, run, store):
    before = len(logs.events())
    run(code=0)
    assert len(logs.events()) == before
    out = run("--record", "--payloads", code=0)
    assert "the deployment itself: " in out
    told = json.loads(logs.events(type="review.performed")[-1].body)
    assert told["actor"]["kind"] == "human" and told["actor"]["name"].startswith("os:")
    assert (told["outcome"], told["details"]["found"]) == ("ok", "whole")
    assert told["details"]["events"] == before + 4
    assert told["details"]["payloads"] == {"same": 0, "erased": 0, "closed": 0}
    run(code=0)  # the log with its record is whole too


def test_what_was_found_is_recorded_with_its_exit_code(store, run, home):
    clinics = (tables.event.c.tenant == "clinic") & (tables.event.c.seq == 2)
    change(store, delete(tables.event).where(clinics))
    run("--record", "--json", code=2)
    with store.read() as conn:
        told = json.loads(events.read(conn, "")[-1].body)
    assert told["details"]["first"] == [{"log": "clinic", "event": 2, "kind": "missing"}]
    assert told["outcome"] == "failed"


def test_a_record_that_cannot_be_written_is_said(logs, run, store, monkeypatch):
    def fails(*given):
        raise StoreError("the disk is full")

    monkeypatch.setattr("cutover.review.record.append", fails)
    done = CliRunner().invoke(fsck, ["--record", "--data", str(logs.home.path)])
    assert done.exit_code == 3
    assert "looked at, and could not be recorded: the disk is full" in done.stderr


def test_payloads_are_counted_where_that_is_asked(logs, run):
    assert "answers that are kept: 0 as committed to, 0 erased" in run("--payloads", code=0)
    told = json.loads(run("--payloads", "--json", code=0))
    assert told["payloads"] == {"same": 0, "erased": 0, "closed": []}


def test_a_tenants_key_that_is_missing_is_named_and_all_other_payloads_are_looked_at(
    home, store, run
):
    sealer = Sealer.open(home)
    with store.write() as conn:
        for number, tenant in enumerate(("aster", "clinic", "zinnia"), 1):
            exchanges.record_accept(conn, accepted(number, tenant=tenant), sealer)
            exchanges.record_reply(conn, replied(number, body=b"an answer"), sealer)
    run("--payloads", code=0)
    (gone,) = (home.keys / "tenants" / "clinic").glob("0*.key")
    gone.unlink()
    out = run("--payloads", code=2)
    assert "answers that are kept: 4 as committed to, 0 erased, 2 not looked at" in out
    assert (
        f"tenant clinic: a key is missing, and 2 payloads could not be opened: {gone}: this key is gone"
        in out
    )
    assert "zinnia: 1 event, whole" in out
    told = json.loads(run("--payloads", "--json", code=2))
    assert told["outcome"] == "gap"
    (closed,) = told["payloads"]["closed"]
    assert (closed["tenant"], closed["payloads"]) == ("clinic", 2)
    run(code=0)


def test_no_store_is_kept_from_tidying_up_while_a_long_log_is_read(home, store):
    append(store, count=2500)
    tidied = []

    def tidy(done):
        append(store, tenant="another", count=1)
        with closing(sqlite3.connect(home.path / "store.db", timeout=0)) as raw:
            tidied.append(raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])

    with store.read() as conn:
        found = module._looked(conn, None, tidy)
    assert (found.counts["clinic"], found.broken) == (2504, [])
    assert tidied == [0, 0, 0, 0]  # 1 for one that had to wait


def test_a_signer_at_work_meanwhile_is_no_gap(logs, run, monkeypatch):
    looked = module._looked

    def and_then(conn, payloads, tell):
        found = looked(conn, payloads, tell)
        logs.append("clinic", 3)
        logs.step()
        return found

    monkeypatch.setattr(module, "_looked", and_then)
    assert "clinic: 4 events, whole" in run(code=0)
