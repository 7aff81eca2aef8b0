import errno
import os
import threading

import pytest

from mirror.journal import syncs as module
from mirror.journal.syncs import Syncs


@pytest.fixture
def syncs(tmp_path):
    """Of a folder with one segment, which is synced once."""
    syncs = Syncs(tmp_path, threading.Lock())
    syncs.opened(os.open(tmp_path / "1.seg", os.O_CREAT | os.O_WRONLY))
    syncs.sync()
    yield syncs
    syncs.ended()
    syncs.sync()


@pytest.fixture
def disk(monkeypatch):
    """The handles that were synced, and those whose sync fails."""
    synced, broken = [], set()

    def sync(handle):
        synced.append(handle)
        if handle in broken:
            raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(module.os, "fdatasync", sync)
    return synced, broken


def is_open(handle):
    try:
        os.fstat(handle)
    except OSError:
        return False
    return True


def test_only_what_has_grown_is_synced(syncs, disk):
    synced, _ = disk
    syncs.sync()
    assert synced == []
    syncs.unsynced = True
    syncs.sync()
    syncs.sync()
    assert synced == [syncs.handle]


def test_what_the_disk_did_not_take_is_synced_again(syncs, disk):
    synced, broken = disk
    broken.add(syncs.handle)
    syncs.unsynced = True
    syncs.sync()
    broken.clear()
    syncs.sync()
    syncs.sync()
    assert synced == [syncs.handle] * 2


def test_a_file_that_fails_keeps_no_other_from_its_sync(syncs, disk, tmp_path):
    synced, broken = disk
    first = syncs.handle
    broken.add(first)
    syncs.opened(os.open(tmp_path / "2.seg", os.O_CREAT | os.O_WRONLY))
    told = syncs.expect()
    syncs.sync()
    assert synced == [first, syncs.handle]
    assert told.result(0) is False
    assert not is_open(first) and is_open(syncs.handle)


def test_who_began_to_wait_while_a_sync_failed_is_told_so_too(syncs, monkeypatch):
    late = []

    def broken(_):
        late.append(syncs.expect())
        raise OSError(errno.EIO, "input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(module.os, "fdatasync", broken)
        syncs.unsynced = True
        syncs.sync()
    assert late[0].result(0) is False


def test_after_a_failure_only_a_new_entry_can_be_waited_for(syncs, disk):
    _, broken = disk
    broken.add(syncs.handle)
    syncs.unsynced = True
    syncs.sync()
    broken.clear()
    syncs.sync()
    assert syncs.expect() is None
    syncs.unsynced = True
    syncs.trust()
    told = syncs.expect()
    syncs.sync()
    assert told.result(0) is True


def test_a_name_that_the_folder_did_not_keep_is_synced_again(syncs, tmp_path, monkeypatch):
    tries = []

    def broken(folder):
        tries.append(folder)
        raise OSError(errno.EIO, "input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(module, "sync_folder", broken)
        syncs.opened(os.open(tmp_path / "2.seg", os.O_CREAT | os.O_WRONLY))
        syncs.sync()
        syncs.sync()
    assert tries == [tmp_path] * 2


def test_failures_fill_no_log(syncs, disk, caplog):
    _, broken = disk
    broken.add(syncs.handle)
    syncs.unsynced = True
    for _ in range(100):
        syncs.sync()
    assert len(caplog.records) == 7
