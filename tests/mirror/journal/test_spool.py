import asyncio
import errno
import fcntl
import os
import stat
import threading

import pytest
from builders import accepted, intended, replied

from mirror.exchange import Leg
from mirror.journal import segments
from mirror.journal import spool as module
from mirror.journal.frames import Lost
from mirror.journal.home import HomeError
from mirror.journal.spool import CLOSED, LOCK, Limits, Spool


@pytest.fixture
def opened(home, sealer):
    """Opens spools, and closes them in the end."""
    spools = []

    def open_spool(limits=None):
        spools.append(Spool.open(home, sealer, "proxy", limits))
        return spools[-1]

    yield open_spool
    for spool in spools:
        if not (spool.folder / CLOSED).exists():
            spool.close()


def records(spool, sealer):
    found = []
    for path in sorted(spool.folder.glob("*.seg")):
        batch = segments.read(path, 0, closed=True, sealer=sealer)
        found += [entry.found for entry in batch.entries]
    return found


def is_alive(spool):
    with (spool.folder / LOCK).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_records_can_be_read_as_soon_as_they_are_written(opened, sealer):
    spool = opened()
    written = [accepted(1), replied(1), replied(1, Leg.SHADOW, body=b"x" * 300_000)]
    assert spool.accept(written[0])
    assert all(spool.reply(reply) for reply in written[1:])
    assert records(spool, sealer) == written


def test_nothing_stands_on_disk_in_clear(opened):
    spool = opened()
    spool.accept(accepted(1, body=b"patient Siti", session="session-of-siti"))
    (segment,) = spool.folder.glob("*.seg")
    assert b"Siti" not in segment.read_bytes() and b"session" not in segment.read_bytes()
    assert stat.S_IMODE(segment.stat().st_mode) == 0o600
    assert stat.S_IMODE(spool.folder.stat().st_mode) == 0o700


def test_each_start_has_a_folder_of_its_own_that_is_locked_while_it_lives(opened):
    one, two = opened(), opened()
    assert one.folder != two.folder and one.folder.name.startswith("proxy-")
    assert is_alive(one)
    one.close()
    assert not is_alive(one) and (one.folder / CLOSED).exists()
    assert is_alive(two)


def test_a_name_cannot_leave_the_spool(home, sealer):
    spool = Spool.open(home, sealer, "../../etc")
    assert spool.folder.parent == home.spool
    spool.close()


def test_segments_end_at_their_size(opened, sealer):
    spool = opened(Limits(segment_bytes=4000))
    written = [accepted(n, body=b"x" * 1000) for n in range(8)]
    assert all(spool.accept(accept) for accept in written)
    sizes = [path.stat().st_size for path in spool.folder.glob("*.seg")]
    assert len(sizes) > 2 and max(sizes) <= 4000
    assert records(spool, sealer) == written


def test_a_record_longer_than_a_segment_is_written(opened, sealer):
    spool = opened(Limits(segment_bytes=1000))
    written = [accepted(n, body=b"x" * 5000) for n in range(2)]
    assert all(spool.accept(accept) for accept in written)
    assert records(spool, sealer) == written


def test_an_old_segment_ends_without_being_full(opened, sealer):
    spool = opened(Limits(segment_s=0, sync_s=0.001))
    spool.accept(accepted(1))
    assert wait_for(lambda: len(list(spool.folder.glob("*.seg"))) > 1)
    assert records(spool, sealer) == [accepted(1)]


def test_writes_are_synced_in_groups_by_a_thread(opened, monkeypatch):
    synced = []
    monkeypatch.setattr(
        module.os, "fdatasync", lambda _: synced.append(threading.current_thread().name)
    )
    spool = opened(Limits(sync_s=0.02))
    for n in range(50):
        spool.accept(accepted(n))
    assert wait_for(lambda: synced)
    assert len(synced) < 20 and set(synced) == {"spool"}


def test_a_full_spool_refuses_counts_and_tells_it_later(opened, sealer, monkeypatch):
    spool = opened(Limits(folder_bytes=2000))
    while spool.accept(accepted(1, body=b"x" * 100)):
        pass
    before = len(records(spool, sealer))
    assert not spool.reply(replied(1))
    assert not spool.accept(accepted(2))
    assert spool.lost == 3
    monkeypatch.setattr(spool, "_used", 0)  # the drainer made room
    assert spool.accept(accepted(3))
    *lost, last = records(spool, sealer)[before:]
    assert sum(one.accepts for one in lost) == 2
    assert sum((one.replies for one in lost), ()) == ("e000001",)
    assert last == accepted(3)


def test_a_full_disk_refuses_and_leaves_no_half_record(opened, sealer, monkeypatch):
    spool, real = opened(), os.pwrite
    spool.accept(accepted(1))
    monkeypatch.setattr(module.os, "pwrite", lambda h, data, at: real(h, data[:20], at))
    (segment,) = spool.folder.glob("*.seg")
    whole = segment.stat().st_size
    assert not spool.accept(accepted(2))
    assert segment.stat().st_size == whole

    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.os, "pwrite", refuse)
    assert not spool.reply(replied(1))
    monkeypatch.setattr(module.os, "pwrite", real)
    assert spool.reply(replied(4))
    assert records(spool, sealer) == [accepted(1), Lost(1, ("e000001",)), replied(4)]


def test_what_was_lost_is_told_at_the_latest_when_it_closes(opened, sealer, monkeypatch):
    spool = opened()
    monkeypatch.setattr(spool, "_used", 1 << 60)
    assert not spool.accept(accepted(1))
    monkeypatch.setattr(spool, "_used", 0)
    spool.close()
    assert records(spool, sealer) == [Lost(1, ())]


def test_nothing_is_raised_into_a_request(opened):
    spool = opened()
    spool.close()
    assert not spool.accept(accepted(1))
    assert not spool.reply(replied(1, body="no bytes"))


def test_a_spool_that_cannot_be_made_is_told(home, sealer):
    home.spool.rmdir()
    home.spool.write_text("")
    with pytest.raises(HomeError, match="no spool can be written here"):
        Spool.open(home, sealer, "proxy")


def test_threads_do_not_mix_their_records(opened, sealer):
    spool = opened(Limits(segment_bytes=20_000))

    def write(start):
        for n in range(50):
            spool.accept(accepted(start + n, body=b"x" * n))

    threads = [threading.Thread(target=write, args=(100 * t,)) for t in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = sorted(record.id for record in records(spool, sealer))
    assert ids == sorted(f"e{100 * t + n:06}" for t in range(4) for n in range(50))


def wait_for(condition, seconds=10):
    event = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if condition():
            return True
        event.wait(0.01)
    return False


def test_a_long_body_is_written_before_its_record(opened, sealer):
    spool, body = opened(), [b"patient Siti"] * 20_000
    large = spool.keep("e000001", "request", 240_000, body)
    accept = accepted(1, body=b"", large=large)
    assert spool.accept(accept)
    assert records(spool, sealer) == [accept]
    file = spool.folder / "e000001.request"
    assert b"Siti" not in file.read_bytes()
    sealer.adopt(file, large)
    assert b"".join(sealer.slices(large, "e000001/request")) == b"".join(body)


@pytest.mark.parametrize(
    ("part", "lost"), [("request", (1, ())), ("served", (0, ("e000001",)))]
)
def test_a_long_body_that_finds_no_room_is_lost_and_told(opened, sealer, part, lost):
    spool = opened(Limits(folder_bytes=100_000))
    assert spool.keep("e000001", part, 200_000, [bytes(200_000)]) is None
    assert list(spool.folder.glob("e*")) == []
    assert spool.lost == 1
    assert spool.accept(accepted(2))
    assert records(spool, sealer)[0] == Lost(*lost)


def test_who_waits_is_told_when_all_that_was_written_is_on_disk(opened, monkeypatch):
    spool = opened(Limits(sync_s=60))
    synced = []
    monkeypatch.setattr(module.os, "fdatasync", synced.append)
    assert spool.egress(intended(1))
    assert synced == []
    assert asyncio.run(asyncio.wait_for(spool.durable(), 30))
    assert len(synced) == 1


def test_many_who_wait_share_a_sync(opened, monkeypatch):
    spool, all_wait, synced = opened(Limits(sync_s=60)), threading.Event(), []

    def sync(handle):
        all_wait.wait(30)
        synced.append(handle)

    monkeypatch.setattr(module.os, "fdatasync", sync)

    async def one(number):
        assert spool.egress(intended(number))
        return await spool.durable()

    async def case():
        async with asyncio.TaskGroup() as group:
            waiting = [group.create_task(one(number)) for number in range(50)]
            await asyncio.sleep(0)  # each runs until it waits
            all_wait.set()
        return [task.result() for task in waiting]

    assert asyncio.run(asyncio.wait_for(case(), 30)) == [True] * 50
    assert len(synced) <= 2


def test_a_disk_that_takes_no_sync_is_told(opened, monkeypatch):
    spool = opened(Limits(sync_s=60))

    def broken(handle):
        raise OSError(errno.EIO, "input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(module.os, "fdatasync", broken)
        spool.egress(intended(1))
        assert not asyncio.run(asyncio.wait_for(spool.durable(), 30))


@pytest.mark.parametrize(
    "write",
    [
        lambda spool, number: spool.accept(accepted(number)),
        lambda spool, number: spool.reply(replied(number)),
        lambda spool, number: spool.egress(intended(number)),
    ],
    ids=["accept", "reply", "egress"],
)
def test_what_is_written_after_a_sync_is_synced_by_the_next(opened, monkeypatch, write):
    synced = []
    really = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda handle: synced.append(really(handle)))
    spool = opened(Limits(sync_s=3600))  # nobody syncs but for who waits
    for number in (1, 2, 3):
        assert write(spool, number)
        assert asyncio.run(asyncio.wait_for(spool.durable(), 30))
        assert len(synced) == number


def test_a_record_whose_sync_failed_is_never_called_durable(opened, monkeypatch):
    spool, failed = opened(Limits(sync_s=60)), []

    def broken_once(handle):
        if not failed:
            failed.append(handle)
            raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(module.os, "fdatasync", broken_once)
    spool.egress(intended(1))
    spool._syncs.sync()  # it fails before anybody waits
    assert failed
    assert not asyncio.run(asyncio.wait_for(spool.durable(), 30))
    spool._syncs.sync()  # a system tells a page that it lost once: now it says that all is well
    assert not asyncio.run(asyncio.wait_for(spool.durable(), 30))
    assert spool.egress(intended(2))
    assert asyncio.run(asyncio.wait_for(spool.durable(), 30))


def test_who_waits_for_a_thread_that_is_gone_is_told_so(opened, monkeypatch):
    spool = opened()
    spool.egress(intended(1))
    with monkeypatch.context() as patched:
        patched.setattr(spool, "_syncer", threading.Thread())
        assert not asyncio.run(asyncio.wait_for(spool.durable(), 30))


def test_who_waits_for_a_disk_that_hangs_is_told_so(opened, monkeypatch):
    spool, go_on = opened(Limits(sync_s=60)), threading.Event()
    with monkeypatch.context() as patched:
        patched.setattr(module.os, "fdatasync", lambda _: go_on.wait(30))
        patched.setattr(module, "_DURABLE_S", 0)
        spool.egress(intended(1))
        assert not asyncio.run(asyncio.wait_for(spool.durable(), 30))
        assert not spool._syncs._waiting
        go_on.set()


def test_a_folder_that_cannot_be_listed_ends_no_sync(opened, monkeypatch, caplog):
    spool, listed = opened(Limits(sync_s=0.001)), threading.Event()

    def refuse(_):
        listed.set()
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(module.os, "scandir", refuse)
        assert listed.wait(30)
        listed.clear()
        assert listed.wait(30)  # it came back
        assert spool.egress(intended(1))
        assert asyncio.run(asyncio.wait_for(spool.durable(), 30))
    assert "Too many open files" in caplog.text


@pytest.mark.parametrize("short", [False, True])
def test_a_disk_that_is_full_at_a_new_segment_leaves_the_last_one_in_use(
    opened, sealer, monkeypatch, short
):
    spool, real, tried, seen = opened(Limits(segment_bytes=2000)), os.pwrite, [], []
    assert spool.accept(accepted(1, body=b"x" * 1000))
    (segment,) = spool.folder.glob("*.seg")

    def full(handle, data, at):
        if at:
            return real(handle, data, at)
        tried.append(handle)
        seen.extend(path for path in spool.folder.glob("*.seg") if path != segment)
        if short:
            return real(handle, data[:5], at)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(module.os, "pwrite", full)
        assert not spool.accept(accepted(2, body=b"x" * 1000))
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(tried[0])
    assert tried and seen == []
    assert [path for path in spool.folder.iterdir() if path.name != LOCK] == [segment]
    assert spool.accept(accepted(3, body=b"x" * 1000))
    assert records(spool, sealer) == [
        accepted(1, body=b"x" * 1000),
        Lost(1, ()),
        accepted(3, body=b"x" * 1000),
    ]


def test_nothing_is_waited_for_in_a_closed_spool(opened):
    spool = opened()
    spool.close()
    assert not asyncio.run(spool.durable())


def test_entries_of_the_egress_record_that_do_not_fit_are_counted(opened, sealer):
    spool = opened(Limits(folder_bytes=0))
    assert not spool.egress(intended(1))
    spool._limits = Limits()
    assert spool.egress(intended(2))
    assert records(spool, sealer) == [Lost(0, (), 1), intended(2)]


def test_how_full_it_is_is_told_with_its_limit(opened):
    spool = opened(Limits(folder_bytes=50_000))
    assert spool.fill == (0, 50_000, 0.0)
    spool.accept(accepted(1, body=b"x" * 1000))
    used, limit, _ = spool.fill
    assert (1000 < used < 2000, limit) == (True, 50_000)


def test_what_the_drainer_does_not_take_is_told_with_its_age(opened):
    spool = opened(Limits(segment_s=0, sync_s=0.001))
    spool.accept(accepted(1))
    assert wait_for(lambda: spool.fill[2])
    segment = min(spool.folder.glob("*.seg"))
    assert spool.fill[2] == segment.stat().st_mtime
