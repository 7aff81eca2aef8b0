"""What is written down about an exchange."""

import asyncio
import threading
from dataclasses import dataclass, field, replace

import pytest
from builders import believed, two_sided
from proxied import Recorded, table

from mirror.body import Body, Pieces
from mirror.exchange import Attempt, End, Leg, Outcome, Side
from mirror.journal.seal import IN_COLUMN
from mirror.pools import Pool
from mirror.proxy import record as module
from mirror.proxy.call import Call
from mirror.proxy.engine import Unanswered
from mirror.proxy.metrics import Metrics
from mirror.proxy.record import Ending, Recording, accept_of, reply_of
from mirror.proxy.trail import Stopwatch
from mirror.routing import Asked, plan

URL = "http://127.0.0.1:1/v1"


def call(**values):
    headers = {"authorization": "Bearer secret", "accept": "*/*", "cookie": "c"}
    given = {"path": "/v1/chat/completions", "query": "", "headers": headers, "peer": ""}
    return Call("id", 7, "POST", **given | values)


def planned(stage="live", tenant="clinic"):
    policy = two_sided(URL, URL)
    asked = Asked("session", "big", streaming=True)
    routes = believed(table(stage), policy)
    return plan(policy, policy.rollout_of(tenant, "chat"), routes, asked), asked


def test_an_accept_says_what_was_asked_and_no_secret():
    found = accept_of(call(query="api_key=secret"), *planned())
    assert (found.id, found.accepted_us, found.session) == ("id", 7, "session")
    assert (found.tenant, found.route, found.stage, found.epoch) == (
        "clinic",
        "chat",
        "live",
        4,
    )
    assert (found.serving, found.outcome) == (Side.CANDIDATE, Outcome.PENDING)
    assert found.path == "/v1/chat/completions"
    assert found.headers == {"accept": "*/*"}
    assert "secret" not in repr(found)


def test_where_nobody_answered_the_last_attempt_is_the_reply():
    first = Attempt(Side.CANDIDATE, "gpu", "onprem", End.TIMEOUT, None, 5)
    last = Attempt(Side.PRIMARY, "cloud", "cloud", End.HTTP_ERROR, 500, 6)
    ending = Ending(found=Unanswered((first, last)), error="nobody")
    found = reply_of(call(), planned()[0], ending)
    assert (found.leg, found.side, found.end, found.status) == (
        Leg.SERVED,
        Side.PRIMARY,
        End.HTTP_ERROR,
        500,
    )
    assert found.failed_over == (first,)


def test_a_client_that_left_before_any_head_is_the_serving_sides():
    ending = Ending(End.CLIENT_ABORT, "the client left", total_us=9)
    found = reply_of(call(), planned()[0], ending)
    assert (found.side, found.upstream, found.end) == (Side.CANDIDATE, "gpu", End.CLIENT_ABORT)


def test_where_nobody_may_answer_no_request_is_claimed():
    ending = Ending(found=Unanswered(()), error="none")
    found = reply_of(call(), planned("mirror", "hospital")[0], ending)
    assert (found.end, found.upstream, found.location) == (End.BLOCKED, "", "")


@pytest.mark.parametrize("size", [0, IN_COLUMN + 1])
@pytest.mark.parametrize(
    ("works", "breaks", "kept"),
    [(True, False, True), (False, False, False), (True, True, False)],
)
def test_a_record_that_is_lost_is_counted_and_raises_nothing(works, breaks, kept, size):
    recorded = Recorded(works=works, breaks=breaks)
    metrics = Metrics()
    recording = Recording(recorded, metrics)
    reply = replace(reply_of(call(), planned()[0], Ending()), body=bytes(size))

    async def record():
        accept = accept_of(call(), *planned())
        return await recording.accept(accept, bytes(size)), await recording.reply(reply)

    assert asyncio.run(record()) == (kept, kept)
    lost = metrics.total("crossfade_spool_drops_total")
    assert lost == (0 if kept else 2)


@dataclass
class Threads(Recorded):
    """Notes which threads worked."""

    seen: set = field(default_factory=set)

    def keep(self, *of):
        self.seen.add(threading.get_ident())
        return super().keep(*of)


@pytest.mark.parametrize("spooled", [False, True])
def test_a_large_body_is_written_beside_the_loop_and_its_record_tells_of_it(spooled):
    recorded, content = Threads(), b"0123456789abcdef" * 8000
    body = Body()
    body.add(content)

    async def record():
        accept = accept_of(call(), *planned())
        given = Pieces(body) if spooled else content
        return await Recording(recorded, Metrics()).accept(accept, given)

    assert asyncio.run(record())
    assert recorded.bodies == {("id", "request"): content}
    assert (recorded.accepts[0].body, recorded.accepts[0].large.length) == (b"", len(content))
    assert threading.get_ident() not in recorded.seen


@dataclass
class Hanging(Recorded):
    """Its disk takes nothing of a long body until `gate` opens."""

    gate: threading.Event = field(default_factory=threading.Event)

    def keep(self, exchange_id, part, length, body):
        self.gate.wait()
        return super().keep(exchange_id, part, length, body)


def test_while_the_disk_hangs_requests_go_on_and_each_is_counted(monkeypatch):
    monkeypatch.setattr(module, "QUIET_S", 0.05)
    monkeypatch.setattr(module.pools, "RECORDS", Pool("records", 2))
    recorded, metrics = Hanging(), Metrics()
    recording = Recording(recorded, metrics)
    body = Body()
    body.add(bytes(IN_COLUMN * 20))

    async def record():
        accept = accept_of(call(), *planned())
        for _ in range(2):
            assert not await recording.accept(accept, Pieces(body))
        monkeypatch.setattr(module, "QUIET_S", 3600)
        assert not await recording.accept(accept, Pieces(body))  # at once: both threads hang
        recorded.gate.set()
        while module.pools.RECORDS.held:
            await asyncio.sleep(0.001)
        body.close()

    asyncio.run(record())
    assert metrics.total("crossfade_spool_drops_total") == 3
    assert [(one.outcome, one.reason) for one in recorded.accepts] == [
        (Outcome.FAILED, "spool_slow")
    ] * 2
    module.pools.RECORDS._executor.shutdown()
    assert recorded.lost == [("id", "request")]


def test_a_client_that_left_while_the_primary_stood_in_left_the_primary_and_the_candidate_had_failed():
    plan = planned()[0]
    ending = Ending(End.CLIENT_ABORT, "the client left", total_us=9)
    tried = Attempt(Side.CANDIDATE, "gpu", "onprem", End.TIMEOUT, None, 10_000_000)
    ending.trail.ask(plan.failover, Stopwatch(sent_us=77))
    ending.trail.failed = (tried,)
    found = reply_of(call(), plan, ending)
    assert (found.side, found.upstream, found.sent_us) == (Side.PRIMARY, "cloud", 77)
    assert found.failed_over == (tried,)
