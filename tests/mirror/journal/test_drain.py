import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from builders import accepted, intended, replied

from mirror.egress_record import Done
from mirror.exchange import Leg
from mirror.journal import chain, drain, events, exchanges, queue
from mirror.journal.drain import Drainer
from mirror.journal.home import Home
from mirror.journal.lock import held
from mirror.journal.queue import Kind
from mirror.journal.rows import accept_row, reply_row
from mirror.journal.seal import Sealer
from mirror.journal.spool import LOCK, Limits, Spool
from mirror.journal.store import Store, StoreError
from mirror.journal.unwanted import leave_word

ROOT = os.getcwd()

DRAIN = """
import sys, threading
from pathlib import Path
from mirror.journal.drain import Drainer
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.store import Store
home = Home.open(Path(sys.argv[1]))
store = Store.open(home.store_url)
print("up", flush=True)
Drainer(home, store, Sealer.open(home)).run(threading.Event())
"""

WRITE = """
import json, sys, time
from dataclasses import replace
from pathlib import Path
from mirror.journal.home import Home
from mirror.journal.rows import accept_of, reply_of
from mirror.journal.seal import Sealer
from mirror.journal.spool import Limits, Spool
home, number = Home.open(Path(sys.argv[1])), int(sys.argv[2])
accept, reply = accept_of(json.loads(sys.argv[3]), b"a"), reply_of(json.loads(sys.argv[4]), b"b")
spool = Spool.open(home, Sealer.open(home), "proxy", Limits(segment_bytes=20_000))
while True:
    name = f"e{number:06}"
    assert spool.accept(replace(accept, id=name))
    print("a", number, flush=True)
    if number % 3:
        assert spool.reply(replace(reply, exchange_id=name))
        print("r", number, flush=True)
    number += 1
    time.sleep(0.001)
"""


@pytest.fixture
def drainer(home, store, sealer):
    return Drainer(home, store, sealer)


@pytest.fixture
def spool(home, sealer):
    spool = Spool.open(home, sealer, "proxy", Limits(segment_bytes=8_000))
    yield spool
    if os.path.exists(spool.folder):
        spool.close()


def empty(drainer):
    moved = 0
    while now := drainer.step():
        moved += now
    return moved


def ledger(store):
    with store.read() as conn:
        return exchanges.ledger(conn)["clinic", "chat"]


def types(store, tenant=""):
    with store.read() as conn:
        return [event.type for event in events.read(conn, tenant)]


def folders(home):
    return [path for path in home.spool.iterdir() if path.is_dir()]


def kill(spool):
    """End a spool as SIGKILL does: its lock is free and nothing more is written."""
    os.close(spool._lock)
    spool._stop.set()


def test_records_reach_the_store_once_and_drained_segments_are_deleted(drainer, spool, home):
    for n in range(40):
        spool.accept(accepted(n))
        spool.reply(replied(n))
    assert len(list(spool.folder.glob("*.seg"))) > 2
    assert empty(drainer) == 80
    assert ledger(drainer.store).seen == 40
    assert len(list(spool.folder.glob("*.seg"))) == 1
    assert drainer.step() == 0
    spool.accept(accepted(99))
    spool.reply(replied(99))
    assert empty(drainer) == 2
    spool.close()
    drainer.step()
    assert folders(home) == []
    assert types(drainer.store) == []


def test_a_new_drainer_goes_on_where_the_last_one_stopped(drainer, spool, home, sealer):
    spool.accept(accepted(1))
    empty(drainer)
    spool.reply(replied(1))
    again = Drainer(home, drainer.store, sealer)
    assert empty(again) == 1
    assert types(drainer.store, "clinic").count("request.served") == 1


def test_a_killed_process_leaves_failures_an_event_and_no_folder(drainer, spool, home):
    spool.accept(accepted(1))
    spool.accept(accepted(2))
    spool.reply(replied(2))
    empty(drainer)
    assert ledger(drainer.store).failed == 0
    kill(spool)
    drainer.step()
    assert ledger(drainer.store).reasons == {"failed: process_killed": 1}
    assert types(drainer.store) == ["process.crash_recovered"]
    assert folders(home) == []
    drainer.step()
    assert types(drainer.store) == ["process.crash_recovered"]


def test_a_torn_tail_is_a_gap_and_the_records_before_it_are_kept(drainer, spool):
    spool.accept(accepted(1))
    spool.accept(accepted(2))
    (segment,) = spool.folder.glob("*.seg")
    os.truncate(segment, segment.stat().st_size - 7)
    assert empty(drainer) == 1
    kill(spool)
    empty(drainer)
    assert sorted(types(drainer.store)) == ["audit.gap", "process.crash_recovered"]
    assert ledger(drainer.store).reasons == {"failed: process_killed": 1}


def test_a_record_that_the_store_refuses_holds_up_none_behind_it(drainer, spool):
    spool.accept(accepted(1))
    spool.accept(accepted(2, accepted_us=2**70))
    spool.accept(accepted(3))
    empty(drainer)
    assert ledger(drainer.store).seen == 2
    assert types(drainer.store) == ["audit.gap"]


def test_of_two_drainers_one_works(drainer, spool, home, store, sealer):
    spool.accept(accepted(1))
    other = Drainer(home, store, sealer)
    with held(home.spool / "drain.lock"):
        assert other.step() == 0
    assert other.step() == 1


def test_a_drainer_that_was_overtaken_repeats_nothing(drainer, spool, home, store, sealer):
    spool.accept(accepted(1))
    other = Drainer(home, store, sealer)
    assert (empty(drainer), empty(other)) == (1, 0)
    spool.reply(replied(1))
    assert empty(drainer) == 1
    assert other.step() == 0  # its position is old: it finds out and reads again
    spool.accept(accepted(2))
    assert empty(other) == 1
    assert types(store, "clinic").count("request.served") == 1


def test_a_segment_of_another_key_is_left_alone_and_told(
    drainer, spool, home, tmp_path, caplog
):
    other = Home.open(tmp_path / "other")
    foreign = Spool.open(home, Sealer.open(other), "foreign")
    foreign.accept(accepted(8))
    foreign.close()
    spool.accept(accepted(1))
    assert empty(drainer) == 1
    assert drainer.step() == 0
    assert foreign.folder.exists()
    assert caplog.text.count("put its keys/payload.key back") == 1


@pytest.mark.parametrize(("moved", "pause_s"), [(0, 0.02), (7, 0.02), (8, 0.1), (199, 0.1)])
def test_where_many_come_more_are_waited_for(moved, pause_s):
    assert drain.pause_s(moved) == pause_s


class Pauses(threading.Event):
    """Ends a run after some steps, and keeps how long each waited."""

    def __init__(self, steps):
        super().__init__()
        self.steps, self.seen = steps, []

    def wait(self, timeout=None):
        self.seen.append(timeout)
        if len(self.seen) == self.steps:
            self.set()
        return self.is_set()


@pytest.mark.parametrize(("size", "batches"), [(10, 2), (60_000, 3)])
def test_where_records_are_left_nobody_waits_however_long_they_are(
    drainer, home, size, batches
):
    spool = Spool.open(home, drainer.sealer, "proxy")
    for number in range(450):
        spool.accept(accepted(number, body=bytes(size)))
    pauses = Pauses(5)
    drainer.run(pauses)
    spool.close()
    assert pauses.seen == ([0] * batches + [0.1, 0.02, 0.02, 0.02])[:5]
    assert ledger(drainer.store).seen == 450


def test_where_another_segment_follows_nobody_waits(drainer, spool):
    for number in range(100):
        spool.accept(accepted(number, body=bytes(600)))
    pauses = Pauses(3)
    drainer.run(pauses)
    assert pauses.seen == [0, 0, 0]


def test_a_store_that_is_down_loses_nothing(drainer, spool, monkeypatch):
    spool.accept(accepted(1))
    stop, real, tries = threading.Event(), drainer.step, []

    def step(_):
        tries.append(1)
        if len(tries) == 1:
            raise StoreError("down")
        stop.set()
        return real()

    monkeypatch.setattr(Drainer, "step", step)
    monkeypatch.setattr(drain, "_TROUBLE_S", 0)
    drainer.run(stop)
    assert ledger(drainer.store).seen == 1


def test_a_folder_removed_half_way_is_removed_and_not_counted_again(
    drainer, spool, home, monkeypatch
):
    spool.accept(accepted(1))
    kill(spool)

    def killed_in_the_middle(folder):
        (folder / LOCK).unlink()
        raise OSError("killed")

    monkeypatch.setattr(drain.shutil, "rmtree", killed_in_the_middle)
    with pytest.raises(OSError, match="killed"):
        empty(drainer)
    monkeypatch.undo()
    assert folders(home) == [spool.folder]
    again = Drainer(home, drainer.store, drainer.sealer)
    empty(again)
    assert folders(home) == []
    assert types(drainer.store) == ["process.crash_recovered"]
    assert ledger(drainer.store).seen == 1


def start(code, *arguments, output=subprocess.PIPE):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=output, text=True, cwd=ROOT)


def kill_process(process):
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    if process.stdout:
        process.stdout.close()


def test_a_drainer_killed_at_any_point_moves_every_record_exactly_once(home, sealer):
    count, luck = 1500, random.Random(7)
    spool = Spool.open(home, sealer, "proxy", Limits(segment_bytes=200_000))
    for n in range(count):
        spool.accept(accepted(n))
        spool.reply(replied(n))
    kills = 0
    store = Store.open(home.store_url)
    while kills < 4:
        process = start(DRAIN, home.path)
        assert process.stdout.readline() == "up\n"
        threading.Event().wait(luck.uniform(0, 0.15))
        kill_process(process)
        kills += 1
    spool.close()
    empty(Drainer(home, store, sealer))
    found = ledger(store)
    assert (found.seen, found.pending) == (count, count)
    with store.read() as conn:
        rows = events.read(conn, "clinic", limit=10 * count)
        assert queue.backlog(conn, Kind.SHADOW) == count
    assert chain.Link("clinic").follow(rows) is None
    served = [
        json.loads(row.body)["object"]["id"] for row in rows if row.type == "request.served"
    ]
    assert len(served) == len(set(served)) == count
    assert types(store) == []  # the proxy ended in good order: no crash, no gap
    assert folders(home) == []
    store.close()


def test_a_proxy_killed_while_writing_is_accounted_for_to_the_request(home, sealer, tmp_path):
    """What the process said it wrote is there; at most the record under way is beyond it."""
    store, luck, said = Store.open(home.store_url), random.Random(11), []
    drainer, pause = Drainer(home, store, sealer), threading.Event()
    records = json.dumps(accept_row(accepted(0))), json.dumps(reply_row(replied(0)))
    for turn in range(3):
        told = tmp_path / f"told-{turn}"
        with told.open("w") as output:
            process = start(WRITE, home.path, turn * 100_000, *records, output=output)
        deadline = time.monotonic() + 20
        while told.stat().st_size < 2000 and time.monotonic() < deadline:
            drainer.step()  # it drains while the proxy writes
            pause.wait(0.01)
        pause.wait(luck.uniform(0, 0.05))
        kill_process(process)
        said += [line.split() for line in told.read_text().splitlines() if line[-1:].isdigit()]
    empty(drainer)
    accepts = {number for kind, number in said if kind == "a"}
    found = ledger(store)
    assert len(accepts) <= found.seen <= len(accepts) + 3
    assert len(accepts) > 100
    assert found.seen == found.failed + found.pending
    with store.read() as conn:
        rows = events.read(conn, "clinic", limit=100_000)
    answered = sum(row.type == "request.served" for row in rows)
    assert found.failed == found.seen - answered
    assert set(found.reasons) == {"failed: process_killed"}
    assert types(store).count("process.crash_recovered") == 3
    assert folders(home) == []
    store.close()


def test_a_reply_of_a_shadow_may_stand_in_the_spool_too(drainer, spool):
    spool.accept(accepted(1))
    spool.reply(replied(1, Leg.SHADOW))
    spool.reply(replied(1))
    assert empty(drainer) == 3
    with drainer.store.read() as conn:
        assert queue.backlog(conn, Kind.SCORE) == 1


def test_the_clock_is_utc_microseconds():
    assert abs(drain.now_us() - time.time() * 1e6) < 60e6


FORM = {"content-type": "multipart/form-data; boundary=b"}


def kept(spool, number, body, **changes):
    large = spool.keep(f"e{number:06}", "request", len(body), [body])
    assert spool.accept(accepted(number, body=b"", large=large, **changes))
    return large


def loaded(store, number, sealer):
    with store.read() as conn:
        return exchanges.load(conn, f"e{number:06}", sealer)


def test_long_bodies_reach_the_store_and_only_forms_stay_in_their_files(drainer, spool, sealer):
    content = os.urandom(100_000)
    kept(spool, 1, content)
    large = kept(spool, 2, content, headers=FORM)
    answer = spool.keep("e000001", "served", len(content), [content])
    assert spool.reply(replied(1, body=b"", large=answer))
    assert empty(drainer) == 3
    assert loaded(drainer.store, 1, sealer).accept.body == content
    assert loaded(drainer.store, 1, sealer).replies[Leg.SERVED].body == content
    form = loaded(drainer.store, 2, sealer).accept
    assert (form.body, form.large) == (b"", large)
    assert b"".join(sealer.slices(large, "e000002/request")) == content
    assert list(spool.folder.glob("e*")) == []


def test_a_drainer_that_was_killed_after_taking_a_long_body_in_does_it_again(
    drainer, spool, sealer, monkeypatch
):
    kept(spool, 1, b"x" * 100_000)
    take = drain.intake.take

    def killed(*of):
        take(*of)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(drain.intake, "take", killed)
        drainer.step()
    assert empty(drainer) == 1
    assert ledger(drainer.store).seen == 1
    assert loaded(drainer.store, 1, sealer).accept.body == b"x" * 100_000


def test_a_long_body_whose_process_was_killed_before_its_record_is_no_exchange(
    drainer, spool, home
):
    kept(spool, 1, bytes(100_000))
    spool.keep("e000002", "request", 100_000, [bytes(100_000)])
    kill(spool)
    empty(drainer)
    assert ledger(drainer.store).reasons == {"failed: process_killed": 1}
    assert folders(home) == []
    assert len(blobs(home)) == 1


@pytest.mark.parametrize("again", [accepted(1, session="another"), replied(1, body=b"another")])
def test_a_record_that_comes_twice_in_a_batch_is_kept_once_and_holds_up_none(
    drainer, spool, again
):
    for record in (accepted(1), replied(1), accepted(2), again, replied(2), accepted(3)):
        spool.accept(record) if hasattr(record, "session") else spool.reply(record)
    assert empty(drainer) == 6
    assert ledger(drainer.store).seen == 3
    assert types(drainer.store) == []
    assert types(drainer.store, "clinic") == ["request.served"] * 2
    assert loaded(drainer.store, 1, drainer.sealer).accept.session == accepted(1).session


def test_a_record_that_the_store_refuses_in_the_middle_of_a_batch_is_a_gap_alone(
    drainer, spool
):
    for number in range(1, 6):
        spool.accept(accepted(number, accepted_us=2**70 if number == 3 else number))
        spool.reply(replied(number))
    assert empty(drainer) == 10
    assert ledger(drainer.store).seen == 4
    assert types(drainer.store) == ["audit.gap"] * 2  # and its reply is one without its accept
    assert types(drainer.store, "clinic") == ["request.served"] * 4


def blobs(home):
    return [path for path in home.blobs.rglob("*") if path.is_file()]


def test_a_long_body_whose_record_the_store_refuses_leaves_no_file(drainer, spool, home):
    kept(spool, 1, bytes(100_000))
    kept(spool, 2, bytes(100_000), accepted_us=2**70)
    assert spool.accept(accepted(3))
    empty(drainer)
    assert ledger(drainer.store).seen == 2
    assert types(drainer.store) == ["audit.gap"]
    assert loaded(drainer.store, 1, drainer.sealer).accept.body == bytes(100_000)
    assert len(blobs(home)) == 1


def test_a_long_answer_without_its_request_leaves_no_file(drainer, spool, home):
    answer = spool.keep("e000001", "served", 100_000, [bytes(100_000)])
    assert spool.reply(replied(1, body=b"", large=answer))
    assert empty(drainer) == 1
    assert types(drainer.store) == ["audit.gap"]
    assert blobs(home) == []


def test_a_long_body_stays_until_its_gap_is_in_the_store(drainer, spool, home, monkeypatch):
    answer = spool.keep("e000001", "served", 100_000, [bytes(100_000)])
    assert spool.reply(replied(1, body=b"", large=answer))
    take = drain.intake.take

    def down(*of):
        take(*of)
        raise StoreError("down")

    with monkeypatch.context() as patched, pytest.raises(StoreError):
        patched.setattr(drain.intake, "take", down)
        drainer.step()
    assert len(blobs(home)) == 1
    assert empty(drainer) == 1
    assert blobs(home) == []


def refused(spool):
    kept(spool, 1, bytes(100_000), accepted_us=2**70)


def unasked(spool):
    answer = spool.keep("e000001", "served", 100_000, [bytes(100_000)])
    assert spool.reply(replied(1, body=b"", large=answer))


@pytest.mark.parametrize("unwanted", [refused, unasked])
@pytest.mark.parametrize("alive", [True, False])
def test_a_drainer_killed_between_a_gap_and_its_file_leaves_no_file_to_the_next(
    drainer, spool, home, monkeypatch, unwanted, alive
):
    unwanted(spool)
    if not alive:
        kill(spool)

    def killed(*of):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Drainer, "_discard", killed)
        drainer.step()
    assert types(drainer.store) == ["audit.gap"]
    assert len(blobs(home)) == 1
    empty(Drainer(home, drainer.store, drainer.sealer))
    assert blobs(home) == []
    assert types(drainer.store).count("audit.gap") == 1
    assert list(spool.folder.glob("*.unwanted")) == []


def test_a_body_stays_whose_gap_never_came_into_the_store(drainer, spool, home, monkeypatch):
    large = kept(spool, 1, b"x" * 100_000)
    (segment,) = spool.folder.glob("*.seg")
    drainer.sealer.adopt(spool.folder / "e000001.request", large)
    leave_word(segment, large, segment.stat().st_size)
    assert empty(drainer) == 1
    assert loaded(drainer.store, 1, drainer.sealer).accept.body == b"x" * 100_000
    assert list(spool.folder.glob("*.unwanted")) == []


def test_a_request_to_the_cloud_that_a_killed_process_left_is_on_the_egress_record_once(
    drainer, spool
):
    spool.egress(intended(1))
    spool.egress(intended(2))
    spool.egress(Done(intended(2), "", 200, 5))
    kill(spool)
    empty(drainer)
    assert types(drainer.store, "clinic") == ["egress.done", "egress.done"]
