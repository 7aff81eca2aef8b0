"""The signer signs what extends what it signed before, and nothing else: on both engines, whenever it is killed."""

import dataclasses
import json

import pytest
from signed_logs import START_US, root
from sqlalchemy import delete, update

from mirror.journal import tables
from mirror.journal.events import canonical, leaf_hash
from mirror.journal.signed import digests, heads, signer
from mirror.journal.signed import tables as signed_tables
from mirror.journal.signed.folder import Folder
from mirror.journal.signed.keyring import Order
from mirror.journal.signed.note import origin_of, parse
from mirror.journal.signed.orders import give
from mirror.journal.signed.signing import SignerError, is_signed

EVENT = tables.event.c
PERSON = Order({"kind": "human", "name": "aminah"}, "I looked at it", START_US)


def change(logs, statement):
    with logs.store.write() as conn:
        conn.execute(statement)


def cut(logs, above, tenant="clinic"):
    change(logs, delete(tables.event).where(EVENT.tenant == tenant, EVENT.seq > above))


def test_every_log_is_signed_with_the_root_of_its_events(logs):
    logs.append("clinic", 5)
    logs.append("", 2)
    logs.step()
    public = logs.signer.key.public
    for tenant, count in (("clinic", 5), ("", 3)):  # the signer's key is an event too
        (found,) = logs.checkpoints(tenant)
        assert found.origin == origin_of(logs.signer.state.deployment, tenant)
        assert (found.size, found.root) == (count, root(logs.leaves(tenant)))
        (row,) = [one for one in logs.rows("log_checkpoint") if one["tenant"] == tenant]
        assert is_signed(parse(row["note"]), logs.signer.key.name, public)


def test_a_log_waits_for_its_checkpoint_less_than_a_minute_and_less_than_a_thousand_events(
    logs,
):
    logs.append()
    logs.step(0)
    assert [one.size for one in logs.checkpoints()] == [1]
    logs.append()
    logs.step(5)
    logs.step(40)
    assert [one.size for one in logs.checkpoints()] == [1]
    logs.step(5)
    assert [one.size for one in logs.checkpoints()] == [1, 2]
    logs.append(count=1000)
    logs.step(0)
    assert [one.size for one in logs.checkpoints()] == [1, 2, 1002]


def test_a_log_without_news_gets_no_checkpoint_more_and_a_last_pass_signs_all(logs):
    logs.append()
    for _ in range(3):
        logs.step()
    assert len(logs.checkpoints()) == 1
    logs.append()
    logs.step(0, last=True)
    assert [one.size for one in logs.checkpoints()] == [1, 2]


def test_wall_clocks_that_jump_decide_on_no_checkpoint(logs):
    logs.append()
    logs.step()
    for jump_us in (-(10**15), 10**15):
        logs.append()
        logs.clock.us += jump_us
        logs.step()
    assert [one.size for one in logs.checkpoints()] == [1, 2, 3]


def test_a_first_pass_over_many_events_is_signed_piece_by_piece(logs, monkeypatch):
    monkeypatch.setattr(signer, "CHUNK", 300)
    logs.append(count=1000)
    logs.step()
    leaves, found = logs.leaves(), logs.checkpoints()
    assert [one.size for one in found] == [300, 600, 900, 1000]
    assert all(one.root == root(leaves[: one.size]) for one in found)
    kept = {(one["level"], one["index"]): one["hash"] for one in logs.rows("log_subtree")}
    assert kept == {
        (8, at): root(leaves[at * 256 : (at + 1) * 256]).hex() for at in range(1000 // 256)
    }


@pytest.mark.parametrize("above", [0, 3, 4])
def test_a_log_that_lost_signed_events_is_refused_and_says_so_once(logs, above):
    logs.append(count=5)
    logs.append("other", 2)
    logs.step()
    cut(logs, above)
    logs.append("other")
    logs.step()
    logs.restart()
    logs.step()
    assert list(logs.refusals()) == ["clinic"]
    assert logs.refusals()["clinic"].endswith(("5 were signed", "5 events were signed"))
    (told,) = logs.events(type="signer.refused")
    assert json.loads(told.body)["object"] == {"kind": "log", "id": "clinic"}
    assert [one.size for one in logs.checkpoints()] == [5]
    assert [one.size for one in logs.checkpoints("other")] == [2, 3]  # the others go on


def test_a_rewritten_end_is_refused_though_its_links_are_whole(logs):
    logs.append(count=5)
    logs.step()
    cut(logs, 3)
    logs.append(count=4, reason="another story")
    logs.step()
    assert "another root" in logs.refusals()["clinic"]
    assert [one.size for one in logs.checkpoints()] == [5]


def test_a_rewritten_end_at_a_whole_subtree_is_refused_too(logs):
    logs.append(count=256)
    logs.step()
    cut(logs, 200)
    logs.append(count=60, reason="another story")
    logs.step()
    assert "another root" in logs.refusals()["clinic"]


def test_a_change_in_the_middle_shows_when_the_log_is_read_again(logs, monkeypatch):
    logs.append(count=600)
    logs.step()
    logs.signer.rereading.piece = 256
    for _ in range(7):
        logs.step()
    assert logs.refusals() == {}
    (row,) = [one for one in logs.events("clinic") if one.seq == 100]
    body = canonical(json.loads(row.body) | {"reason": "another"})
    where = (EVENT.tenant == "clinic") & (EVENT.seq == 100)
    change(logs, update(tables.event).where(where).values(body=body, leaf=leaf_hash(body)))
    for _ in range(8):
        logs.step()
    assert "another root" in logs.refusals()["clinic"]


def test_new_events_that_do_not_follow_are_not_signed(logs):
    logs.append(count=2)
    logs.step()
    logs.append(count=2)
    where = (EVENT.tenant == "clinic") & (EVENT.seq == 3)
    change(logs, update(tables.event).where(where).values(body="{}"))
    logs.step()
    assert "event 3 does not have its leaf hash" in logs.refusals()["clinic"]


def test_a_store_put_back_from_an_older_copy_is_refused_and_signed_on_once_the_newer_is_back(
    logs,
):
    logs.append(count=2)
    logs.step()
    logs.append(count=2)
    logs.step()
    newer = logs.events("clinic")[2:]
    cut(logs, 2)
    change(
        logs,
        delete(signed_tables.log_checkpoint).where(signed_tables.log_checkpoint.c.size > 2),
    )
    logs.step()
    assert "it has 2 events, and 4 were signed" in logs.refusals()["clinic"]
    with logs.store.write() as conn:
        conn.execute(tables.event.insert(), [dataclasses.asdict(one) for one in newer])
    logs.step()
    assert list(logs.refusals()) == ["clinic"]  # until a person decides
    give(logs.folder, "resume", PERSON, tenant="clinic")
    logs.append()
    logs.step()
    assert logs.refusals() == {}
    assert [one.size for one in logs.checkpoints()] == [2, 4, 5]
    assert len(logs.events(type="signer.resumed")) == 1


def test_a_log_begun_anew_repeats_no_size(logs):
    logs.append(count=4)
    logs.step()
    cut(logs, 2)
    logs.append(reason="another story")
    logs.step()
    give(logs.folder, "resume", PERSON, tenant="clinic", anew=True)
    logs.step()
    assert logs.refusals() == {}
    logs.append()
    logs.step()
    assert [one.size for one in logs.checkpoints()] == [4]
    logs.append(count=2)
    logs.step()
    before, after = logs.checkpoints()
    assert (before.size, after.size) == (4, 6)
    assert after.root == root(logs.leaves())


def test_a_folder_that_is_an_older_copy_goes_on_from_what_the_store_shows(logs):
    logs.append(count=2)
    logs.step()
    older = (logs.folder.path / "state.json").read_bytes()
    logs.append(count=2)
    logs.step()
    (logs.folder.path / "state.json").write_bytes(older)
    logs.restart()
    logs.append()
    logs.step()
    assert [one.size for one in logs.checkpoints()] == [2, 4, 5]
    (logs.folder.path / "state.json").unlink()
    logs.restart()
    logs.append()
    logs.step()
    assert [one.size for one in logs.checkpoints()] == [2, 4, 5, 6]
    assert logs.refusals() == {}


def test_a_forged_checkpoint_in_the_store_leads_the_signer_nowhere(logs):
    logs.append(count=2)
    logs.step()
    logs.append(count=2)
    with logs.store.write() as conn:
        heads.keep(conn, [heads.Head("clinic", 4, "ab" * 32, 1, "a note")])
    logs.step()
    assert "another root than they have" in logs.refusals()["clinic"]


def test_a_signer_of_another_deployment_is_told_apart(logs):
    logs.append()
    logs.step()
    change(logs, update(signed_tables.deployment_id).values(id="0" * 16))
    with pytest.raises(SignerError, match="the store is of 0000000000000000"):
        logs.restart()


def test_a_folder_that_cannot_be_written_signs_nothing(logs, monkeypatch):
    def full(self, state):
        raise OSError("no space left on device")

    logs.append()
    logs.step()
    logs.append()
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "save", full)
        with pytest.raises(OSError, match="no space"):
            logs.step()
    assert [one.size for one in logs.checkpoints()] == [1]
    logs.step()
    assert [one.size for one in logs.checkpoints()] == [1, 2]


def test_a_pass_over_many_logs_reads_none_of_those_without_news(logs, monkeypatch):
    for number in range(30):
        logs.append(f"clinic-{number}")
    logs.step()
    logs.append("clinic-7")
    read = []
    monkeypatch.setattr(heads, "bodies", lambda conn, tenant, *_: read.append(tenant) or [])
    monkeypatch.setattr(logs.signer.rereading, "piece", 0)
    logs.step()
    logs.clock.go(60)
    assert set(read) - {"", logs.signer.rereading.tenant} <= {"clinic-7"}


def test_an_hours_digest_is_signed_also_when_it_is_empty(logs):
    logs.append(count=3)
    for _ in range(4):
        logs.step(3600)
    with logs.store.read() as conn:
        found = [json.loads(one.body) for one in digests.kept(conn, "clinic")]
    assert [one["first_seq"] for one in found] == [1, 0, 0]
    assert [one["size"] for one in found] == [3, 3, 3]
    told = [json.loads(one.body) for one in logs.events(type="checkpoint.signed")]
    assert [one["object"]["id"] for one in told] == ["clinic"] * 3
    assert told[0]["details"] == {"root": root(logs.leaves()).hex(), "size": 3}


def test_what_the_store_was_not_told_before_a_kill_is_told_at_the_next_start(logs, monkeypatch):
    logs.append(count=3)
    logs.step()
    with monkeypatch.context() as patch:
        patch.setattr(digests, "keep", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            logs.step(3700)
    assert logs.rows("log_digest") == []
    logs.restart()
    logs.step(1)
    assert {one["tenant"] for one in logs.rows("log_digest")} == {"clinic", ""}
    assert len(logs.events(type="checkpoint.signed")) == 1


def refused_by_many(logs, count=30):
    """So many logs that were signed, and have lost their last event since."""
    tenants = [f"clinic-{number:02}" for number in range(count)]
    for tenant in tenants:
        logs.append(tenant, 2)
    logs.step()
    change(logs, delete(tables.event).where(EVENT.tenant.in_(tenants), EVENT.seq == 2))
    return tenants


def saves(logs, monkeypatch):
    """What the folder was given, each time, and whom the store knew to be refused just before."""
    found, save = [], Folder.save

    def saved(folder, state):
        found.append(({t for t, one in state.logs.items() if one.refused}, logs.refusals()))
        save(folder, state)

    monkeypatch.setattr(Folder, "save", saved)
    return found


def test_however_many_logs_a_pass_refuses_the_folder_is_written_once_and_before_the_store(
    logs, monkeypatch
):
    tenants = refused_by_many(logs)
    found = saves(logs, monkeypatch)
    logs.step(0)
    assert found == [(set(tenants), {})]
    assert list(logs.refusals()) == tenants
    assert len(logs.events(type="signer.refused")) == len(tenants)
    logs.step()
    logs.restart()
    logs.step()
    assert len(logs.events(type="signer.refused")) == len(tenants)


def test_a_folder_that_cannot_be_written_refuses_nothing_yet_and_does_in_the_next_pass(
    logs, monkeypatch
):
    def full(self, state):
        raise OSError("no space left on device")

    tenants = refused_by_many(logs, 3)
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "save", full)
        for _ in range(2):  # nor does the second pass tell what the folder does not have
            with pytest.raises(OSError, match="no space"):
                logs.step(0)
    assert logs.refusals() == {}
    logs.step(0)
    assert list(logs.refusals()) == tenants


def test_what_a_pass_refused_stays_refused_where_the_store_fails_behind_it(logs, monkeypatch):
    tenants = refused_by_many(logs, 3)
    with monkeypatch.context() as patch:
        patch.setattr(signer.Signer, "_digest", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            logs.step(0)
    assert logs.refusals() == {}
    logs.restart()
    assert {t for t, one in logs.signer.state.logs.items() if one.refused} == set(tenants)
    logs.step(0)
    assert list(logs.refusals()) == tenants
