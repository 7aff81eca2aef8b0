"""Whoever erases is stopped at each point; what rows point to is there, and what they do not point to goes."""

import json
import logging

import pytest
from builders import accepted, replied
from rollouts import ANNA
from sqlalchemy import select

from cutover.people import Deed
from cutover.retention import asked, due, erasing, going
from mirror.journal import exchanges, tables
from mirror.journal.seal import IN_COLUMN

LONG = b"x" * (IN_COLUMN + 1)


class Killed(Exception):
    """Somebody ended the process here."""


@pytest.fixture
def long(store, world):
    """Three exchanges with long bodies; where their files are."""
    with store.write() as conn:
        for number in (1, 2, 3):
            exchanges.record_accept(conn, accepted(number, body=LONG), world.sealer)
    return world


def files(world):
    return {file for file in world.sealer.blobs.rglob("*") if file.is_file()}


def words(world):
    return list(world.sealer.blobs.with_name(going.FOLDER).glob("*"))


def readable(world):
    """Which exchanges' words are there; fails where a row points to a file that is gone."""
    with world.store.read() as conn:
        there = select(tables.exchange.c.id).where(tables.exchange.c.purged_us.is_(None))
        ids = set(conn.scalars(there))
        for id in ids:
            assert exchanges.load(conn, id, world.sealer).accept.body == LONG
    return ids


def erased(world, killed_before_commit=False):
    with world.store.write() as conn:
        found = erasing.erase(conn, world.sealer, ["e000001", "e000002"], 99)
        assert len(words(world)) == 1 and len(files(world)) == 3
        if killed_before_commit:
            raise Killed
    return found


def test_files_go_after_the_commit_and_nothing_is_left_to_settle(long):
    erased(long).delete()
    assert (readable(long), len(files(long)), words(long)) == ({"e000003"}, 1, [])
    assert going.settle(long.store, long.sealer) == 0


def test_who_is_killed_before_the_commit_lost_no_file(long):
    with pytest.raises(Killed):
        erased(long, killed_before_commit=True)
    for settled in (False, True):
        assert len(readable(long)) == 3
        assert len(words(long)) == (0 if settled else 1)
        assert going.settle(long.store, long.sealer) == 0


@pytest.mark.parametrize("deleted", [0, 1, 2])
def test_who_is_killed_after_the_commit_leaves_words_and_the_next_run_deletes(long, deleted):
    found = erased(long)
    for file in found.files[:deleted]:
        file.unlink()
    assert (readable(long), len(files(long))) == ({"e000003"}, 3 - deleted)
    assert going.settle(long.store, long.sealer) == 2 - deleted
    assert (readable(long), len(files(long)), words(long)) == ({"e000003"}, 1, [])


def test_who_asks_again_is_told_that_it_ends_what_was_cut_off(long):
    erased(long)
    order = asked.Order(
        due.Scope("clinic", exchange_ids=("e000001",)), 99, Deed(ANNA.actor, 99, "again")
    )
    done = asked.erase(long.store, long.sealer, order)
    assert (done.count, done.ended) == (0, 2)
    assert asked.erase(long.store, long.sealer, order).ended == 0


def test_what_no_row_ever_pointed_to_goes_with_its_exchange(long):
    """Who wrote them was killed, failed, or came second; half a file is one too."""
    before = files(long)
    with pytest.raises(Killed), long.store.write() as conn:
        exchanges.record_reply(conn, replied(1, body=LONG), long.sealer)
        raise Killed
    for _ in range(2):
        with long.store.write() as conn:
            exchanges.record_reply(conn, replied(2, body=LONG), long.sealer)
            exchanges.record_reply(conn, replied(3, body=LONG), long.sealer)
    (first,) = long.sealer.files_of(["e000001/served"])
    first.rename(first.with_suffix(".part"))
    assert len(files(long) - before) == 5
    for ids, left in ((["e000001", "e000002"], 3), (["e000003"], 0)):
        with long.store.write() as conn:
            gone = erasing.erase(conn, long.sealer, ids, 99)
        gone.delete()
        assert len(files(long)) == left


def test_words_that_cannot_be_written_keep_everything(long, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(going, "write_whole", full)
    with pytest.raises(OSError, match="No space"), long.store.write() as conn:
        erasing.erase(conn, long.sealer, ["e000001"], 99)
    assert len(readable(long)) == 3


def test_a_file_that_cannot_be_deleted_is_deleted_by_the_next_run(long, monkeypatch):
    found = erased(long)
    with monkeypatch.context() as broken:
        broken.setattr(going, "sync_folder", full_disk)
        with pytest.raises(OSError, match="No space"):
            found.delete()
    assert len(words(long)) == 1
    going.settle(long.store, long.sealer)
    assert (len(files(long)), words(long)) == (1, [])


def full_disk(*_):
    raise OSError(28, "No space left on device")


def test_an_erasure_ends_what_another_was_killed_at(long):
    erased(long)
    scope = due.Scope("clinic", exchange_ids=("e000009",))
    asked.erase(long.store, long.sealer, asked.Order(scope, 0, deed()))
    assert (len(files(long)), words(long)) == (1, [])


def deed():
    return Deed(ANNA.actor, 77, "asked for")


@pytest.mark.parametrize(
    "broken", ["no json", "[]", "{}", json.dumps({"exchanges": [], "columns": ["x"]})]
)
def test_words_that_nobody_wrote_are_told_and_stop_nobody(long, caplog, broken):
    found = erased(long)
    (found.words.parent / "a.json").write_text(broken)
    with caplog.at_level(logging.ERROR):
        assert going.settle(long.store, long.sealer) == 2
    assert "move it away" in caplog.text
    assert [one.name for one in words(long)] == ["a.json"]


def test_words_that_were_not_all_written_go_and_nothing_else_does(long):
    folder = long.sealer.blobs.with_name(going.FOLDER)
    folder.mkdir()
    (folder / ".a.json.draft").write_text('{"exchanges": ["e0')
    assert going.settle(long.store, long.sealer) == 0
    assert (len(readable(long)), words(long)) == (3, [])


def test_words_that_name_no_file_of_ours_delete_nothing(long):
    folder = long.sealer.blobs.with_name(going.FOLDER)
    folder.mkdir()
    said = {"exchanges": [], "columns": ["02", "02" + "2e2e" * 8, "01" + "00" * 32]}
    (folder / "a.json").write_text(json.dumps(said))
    assert going.settle(long.store, long.sealer) == 0
    assert (len(files(long)), words(long)) == (3, [])
