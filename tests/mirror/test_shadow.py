import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

import httpx
import pytest
from builders import accepted, replied, two_sided
from fakes import FakeUpstream, Mode, running

from mirror import capacity, shadow
from mirror.board import SharedBoard
from mirror.capacity import Load, Rank
from mirror.dialects import multipart
from mirror.dispatch import Dispatch
from mirror.egress import Incoming
from mirror.exchange import End, Leg, Outcome, Side
from mirror.journal import exchanges, queue
from mirror.journal.queue import Kind
from mirror.journal.seal import Sealer
from mirror.journal.store import Store, StoreError
from mirror.shadow import ShadowSender
from mirror.slots import Slots
from policies.capacity import Capacity

NOWHERE = "http://127.0.0.1:9/v1"
BODY = json.dumps({"model": "big", "messages": []}).encode()

RUN = """
import json, sys, threading
from pathlib import Path
from mirror import dispatch, shadow
from mirror.journal.home import Home
from policies.policy import Policy
dispatch.LEASE_US = 300_000
policy = Policy.model_validate_json(sys.argv[2])
print("up", flush=True)
shadow.run(policy, Home.open(Path(sys.argv[1])), threading.Event())
"""


@pytest.fixture
def journal(home):
    """The store of the data folder, and its seals."""
    store = Store.open(home.store_url)
    yield store, Sealer.open(home)
    store.close()


def record(journal, *accepts):
    store, sealer = journal
    with store.write() as conn:
        for accept in accepts:
            exchanges.record_accept(conn, accept, sealer)
            if accept.outcome is Outcome.PENDING:
                served = replied(int(accept.id[1:]), side=accept.serving)
                exchanges.record_reply(conn, served, sealer)


def backlogs(journal):
    with journal[0].read() as conn:
        return {kind: queue.backlog(conn, kind) for kind in Kind}


def legs(journal, number):
    store, sealer = journal
    with store.read() as conn:
        return exchanges.load(conn, f"e{number:06}", sealer).replies


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        pause.wait(0.01)


@contextlib.contextmanager
def sending(policy, home):
    """The sender, run in a thread as in its process."""
    stop, trouble = threading.Event(), []

    def work():
        try:
            shadow.run(policy, home, stop)
        except BaseException as error:
            trouble.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive() and not trouble


def test_copies_and_re_asks_are_sent_and_comparisons_become_due(home, journal):
    record(journal, *(accepted(n, body=BODY, reask=n % 2 == 0) for n in range(10)))
    with running(FakeUpstream(), FakeUpstream()) as (cloud, gpu):
        with sending(two_sided(cloud.base_url, gpu.base_url), home):
            until(lambda: backlogs(journal)[Kind.SCORE] == 10)
        assert len(gpu.seen) == 10 and len(cloud.seen) == 5
        assert {seen.json["model"] for seen in gpu.seen} == {"own"}
        assert {seen.json["model"] for seen in cloud.seen} == {"big"}
    assert backlogs(journal) == {Kind.SHADOW: 0, Kind.REASK: 0, Kind.SCORE: 10}
    replies = legs(journal, 0)
    assert set(replies) == set(Leg)
    assert replies[Leg.SHADOW].end is End.COMPLETE
    assert replies[Leg.SHADOW].side is Side.CANDIDATE


def test_a_candidate_that_is_down_hangs_or_errs_is_a_reply(home, journal):
    terms = {"sampling": {"timeout_s": 0.3}}
    for number, mode in enumerate((Mode.REFUSE, Mode.HANG, Mode.ERROR)):
        record(journal, accepted(number, body=BODY))
        with (
            running(FakeUpstream(mode=mode)) as (gpu,),
            sending(two_sided(NOWHERE, gpu.base_url, terms=terms), home),
        ):
            until(lambda: backlogs(journal)[Kind.SHADOW] == 0)
    ends = [legs(journal, number)[Leg.SHADOW].end for number in range(3)]
    assert ends == [End.CONNECT, End.TIMEOUT, End.HTTP_ERROR]


def test_a_tenant_that_forbids_the_cloud_never_reaches_it(home, journal):
    record(journal, accepted(1, tenant="hospital", serving=Side.CANDIDATE, body=BODY))
    with running(FakeUpstream(), FakeUpstream()) as (cloud, gpu):
        with sending(two_sided(cloud.base_url, gpu.base_url), home):
            until(lambda: backlogs(journal)[Kind.SHADOW] == 0)
        assert cloud.accepts == 0
    with journal[0].read() as conn:
        found = exchanges.ledger(conn)["hospital", "chat"]
    assert found.reasons == {"pending: no_permitted_side": 1}  # until its own answer is in


def test_a_killed_sender_is_taken_over_and_sends_again(home, journal):
    record(journal, *(accepted(n, body=BODY) for n in range(5)))
    with running(FakeUpstream(mode=Mode.HANG)) as (gpu,):
        policy = two_sided(NOWHERE, gpu.base_url)
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(home.path), policy.model_dump_json()],
            stdout=subprocess.PIPE,
            cwd=os.getcwd(),
        )
        until(lambda: len(gpu.seen) == 5, 60)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        process.stdout.close()
        assert backlogs(journal) == {Kind.SHADOW: 5, Kind.REASK: 0, Kind.SCORE: 0}
        gpu.mode = Mode.OK
        with sending(policy, home):
            until(lambda: backlogs(journal)[Kind.SCORE] == 5)
        assert len(gpu.seen) == 10
    assert backlogs(journal)[Kind.SHADOW] == 0


def test_what_is_under_way_when_told_to_stop_is_given_back(home, journal, monkeypatch):
    monkeypatch.setattr(shadow, "_GRACE_S", 0.05)
    record(journal, accepted(1, body=BODY))
    with running(FakeUpstream(mode=Mode.HANG)) as (gpu,):
        with sending(two_sided(NOWHERE, gpu.base_url), home):
            until(lambda: gpu.seen)
        with journal[0].write() as conn:
            (claim,) = queue.claim(conn, Kind.SHADOW, "next", time.time_ns() // 1000, 1, 5)
    assert claim.attempts == 1  # an orderly stop spends none


def test_a_backlog_is_shed_while_the_candidate_hangs(home, journal, monkeypatch):
    monkeypatch.setattr(shadow, "_SHED_S", 0.05)
    monkeypatch.setattr(shadow, "_GRACE_S", 0.05)
    record(journal, *(accepted(n, body=BODY, stage="canary") for n in range(100)))
    terms = {"sampling": {"max_backlog": 70}}
    with (
        running(FakeUpstream(mode=Mode.HANG)) as (gpu,),
        sending(two_sided(NOWHERE, gpu.base_url, terms=terms), home),
    ):
        until(lambda: backlogs(journal)[Kind.SHADOW] == 70)
    with journal[0].read() as conn:
        assert exchanges.ledger(conn)["clinic", "chat"].reasons == {"shed: backlog": 30}


class Counting:
    """A sender without a network that counts what is under way."""

    def __init__(self):
        self.now = self.most = 0
        self.go = asyncio.Event()

    def permitted(self, tenant, upstream):
        return True

    @contextlib.asynccontextmanager
    async def open(self, tenant, upstream, request):
        self.now += 1
        self.most = max(self.most, self.now)
        await self.go.wait()

        async def chunks():
            yield b'{"choices": []}'

        try:
            yield Incoming(200, (), "application/json", "", chunks())
        finally:
            self.now -= 1


def sent_by(journal, concurrency, then, slots=None):
    """Runs a sender without a network until `then` is done with it."""
    store, sealer = journal
    policy = two_sided(NOWHERE, "http://127.0.0.1:10/v1")

    async def case():
        counting, stop = Counting(), threading.Event()
        dispatch = Dispatch(policy, store, sealer, counting.permitted)
        sender = ShadowSender(dispatch, counting, slots or Slots.of(policy), concurrency)
        async with asyncio.TaskGroup() as group:
            group.create_task(sender.run(stop))
            try:
                async with asyncio.timeout(20):
                    await then(counting)
            finally:
                stop.set()

    asyncio.run(case())


def test_no_more_is_sent_at_a_time_than_allowed(journal):
    record(journal, *(accepted(n, body=BODY) for n in range(20)))

    async def then(counting):
        while counting.now < 4:
            await asyncio.sleep(0.01)
        counting.go.set()
        while backlogs(journal)[Kind.SCORE] < 20:
            await asyncio.sleep(0.01)
        assert counting.most == 4

    sent_by(journal, 4, then)


def test_copies_of_one_upstream_keep_to_their_part_of_its_cap(journal):
    record(journal, *(accepted(n, body=BODY) for n in range(9)))
    slots = Slots({"gpu": Capacity(in_flight=6)})

    async def then(counting):
        while counting.now < 3:
            await asyncio.sleep(0.01)
        counting.go.set()
        while backlogs(journal)[Kind.SCORE] < 9:
            await asyncio.sleep(0.01)
        assert counting.most == 3
        while slots.load("gpu") != Load():
            await asyncio.sleep(0.01)

    sent_by(journal, 64, then, slots)


def test_copies_give_their_places_to_clients_and_are_sent_later(journal, tmp_path, monkeypatch):
    monkeypatch.setattr(capacity, "FIRST_PAUSE_S", 0.2)
    record(journal, *(accepted(n, body=BODY) for n in range(4)))
    with SharedBoard(tmp_path) as here, SharedBoard(tmp_path) as there:
        capped = {"gpu": Capacity(in_flight=4, copies=4)}
        slots, clients = Slots(capped, here), Slots(capped, there)

        async def then(counting):
            while counting.now < 4:
                await asyncio.sleep(0.01)
            assert not clients.take("gpu", Rank.INTERACTIVE)
            clients.queue("gpu", Rank.INTERACTIVE, 1)  # it waits in line
            while not clients.take("gpu", Rank.INTERACTIVE, waited=True):
                await asyncio.sleep(0.01)
            clients.queue("gpu", Rank.INTERACTIVE, -1)
            assert counting.most == 4
            counting.go.set()
            while backlogs(journal)[Kind.SCORE] < 4:
                await asyncio.sleep(0.01)

        sent_by(journal, 64, then, slots)
        assert slots.load("gpu") == Load((1, 0, 0))
    with journal[0].read() as conn:
        assert exchanges.ledger(conn)["clinic", "chat"].reasons == {}


def test_a_candidate_that_has_too_much_to_do_is_sent_no_more_copies_for_a_while(home, journal):
    with (
        running(FakeUpstream(mode=Mode.LIMITED)) as (gpu,),
        sending(two_sided(NOWHERE, gpu.base_url), home),
    ):
        record(journal, accepted(0, body=BODY))
        until(lambda: gpu.seen)
        first = time.monotonic()
        until(lambda: backlogs(journal)[Kind.SHADOW] == 0)
        gpu.mode = Mode.OK
        record(journal, *(accepted(n, body=BODY) for n in range(1, 5)))
        until(lambda: len(gpu.seen) > 1)
        assert time.monotonic() - first > capacity.FIRST_PAUSE_S
        until(lambda: backlogs(journal)[Kind.SHADOW] == 0)
    assert legs(journal, 0)[Leg.SHADOW].status == 429
    assert legs(journal, 4)[Leg.SHADOW].end is End.COMPLETE


def test_replies_wait_for_a_store_that_is_down_and_that_is_one_line(
    journal, monkeypatch, caplog
):
    record(journal, accepted(1, body=BODY))
    real, tries = Dispatch.record, []

    def failing(self, done):
        tries.append(1)
        if len(tries) < 3:
            raise StoreError("down")
        real(self, done)

    monkeypatch.setattr(Dispatch, "record", failing)
    monkeypatch.setattr(shadow, "_TROUBLE_S", 0.001)

    async def then(counting):
        counting.go.set()
        while backlogs(journal)[Kind.SCORE] < 1:
            await asyncio.sleep(0.01)

    sent_by(journal, 4, then)
    assert len(tries) == 3
    told = [one.message for one in caplog.records if one.levelname == "ERROR"]
    assert told == ["shadow: replies wait for the store: down"]


def test_nothing_is_claimed_while_the_store_is_down_and_leases_are_renewed(
    journal, monkeypatch
):
    record(journal, accepted(1, body=BODY))
    real, calls = Dispatch.take, []

    def failing(self, limit, room):
        calls.append("take")
        if len(calls) < 3:
            raise StoreError("down")
        return real(self, limit, room)

    def renew(self):
        calls.append("renew")
        raise StoreError("down")

    monkeypatch.setattr(Dispatch, "take", failing)
    monkeypatch.setattr(Dispatch, "renew", renew)
    monkeypatch.setattr(shadow, "_TROUBLE_S", 0.001)
    monkeypatch.setattr(shadow, "_RENEW_S", 0.001)

    async def then(counting):
        counting.go.set()
        while backlogs(journal)[Kind.SCORE] < 1 or "renew" not in calls:
            await asyncio.sleep(0.01)

    sent_by(journal, 4, then)


def write_form(home, number, file):
    """An accepted upload of a file, whose body is a file of its own."""
    request = httpx.Request("POST", "http://x/", data={"model": "big"}, files={"file": file})
    body, sealer = request.read(), Sealer.open(home)
    draft = home.path / "draft"
    large, handle = sealer.write(draft, [body], f"e{number:06}/request")
    os.close(handle)
    sealer.adopt(draft, large)
    headers = {"content-type": request.headers["content-type"]}
    path = "/v1/audio/transcriptions"
    return body, accepted(number, path=path, headers=headers, body=b"", large=large)


def test_an_upload_is_copied_from_its_file_with_nothing_changed_but_the_model(home, journal):
    body, accept = write_form(home, 1, os.urandom(3 << 20))
    record(journal, accept)
    with running(FakeUpstream()) as (gpu,):
        with sending(two_sided(NOWHERE, gpu.base_url), home):
            until(lambda: backlogs(journal)[Kind.SHADOW] == 0)
        (seen,) = gpu.seen
    kind = accept.headers["content-type"]
    assert seen.body == multipart.with_model(body, kind, "own")
    assert seen.headers["content-length"] == str(len(seen.body))


def test_an_upload_that_nobody_can_open_is_given_up(home, journal):
    _, accept = write_form(home, 1, b"RIFF")
    record(journal, accept)
    for blob in home.blobs.rglob("*"):
        if blob.is_file():
            blob.write_bytes(b"")
    with sending(two_sided(NOWHERE, NOWHERE.replace("9/", "10/")), home):
        until(lambda: backlogs(journal)[Kind.SHADOW] == 0)
    with journal[0].read() as conn:
        found = exchanges.ledger(conn)["clinic", "chat"]
    assert found.reasons == {"failed: payload_unreadable": 1}


def test_a_long_conversation_is_copied_from_its_file_too(home, journal, monkeypatch):
    body = b'{"model": "big", "messages": ["%s"]}' % (b"x" * (3 << 20))
    sealer, draft, loaded = Sealer.open(home), home.path / "draft", []
    large, handle = sealer.write(draft, [body], "e000001/request")
    os.close(handle)
    sealer.adopt(draft, large)
    record(journal, accepted(1, body=b"", large=large))
    take = Dispatch.take

    def taken(self, *given):
        jobs = take(self, *given)
        loaded.extend(len(job.accept.body) for job in jobs)
        return jobs

    monkeypatch.setattr(Dispatch, "take", taken)
    with running(FakeUpstream()) as (gpu,):
        with sending(two_sided(NOWHERE, gpu.base_url), home):
            until(lambda: backlogs(journal)[Kind.SHADOW] == 0)
        (seen,) = gpu.seen
    assert loaded == [0]
    assert seen.body == body.replace(b'"big"', b'"own"')
