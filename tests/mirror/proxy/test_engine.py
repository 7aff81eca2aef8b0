"""Who ends up answering, with upstreams that are scripted."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest
from builders import believed, two_sided
from fakes import completion, stream_events
from proxied import table

from mirror.egress import EgressBlocked, Incoming, OutRequest
from mirror.exchange import End, Side
from mirror.proxy.breaker import Breakers, Limits
from mirror.proxy.engine import Answer, Engine, Unanswered
from mirror.proxy.trail import Stopwatch, Trail
from mirror.routing import Asked, plan

URL = "http://127.0.0.1:1/v1"
SSE = "text/event-stream"
BODY = completion("hello", "big")


class Scripted:
    """Upstreams whose answers are written down: an exception, or status, content type, chunks."""

    def __init__(self, **scripts):
        self.scripts = scripts
        self.heads = {}
        self.asked = []
        self.closed = []

    @asynccontextmanager
    async def open(self, tenant, upstream, request):
        self.asked.append((upstream, request.body))
        script = self.scripts[upstream]
        head = self.heads.get(upstream, ())
        if isinstance(script, Exception):
            raise script
        status, kind, chunks = script
        try:
            yield Incoming(status, head, kind, "", self._chunks(chunks))
        finally:
            self.closed.append(upstream)

    async def _chunks(self, chunks):
        for chunk in chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk


def planned(stage="canary", streaming=False, tenant="clinic", **gpu):
    policy = two_sided(URL, URL)
    upstreams = policy.model_dump(mode="json", exclude_unset=True)["upstreams"]
    policy = two_sided(URL, URL, upstreams=upstreams | {"gpu": upstreams["gpu"] | gpu})
    asked = Asked("session", "big", streaming)
    routes = believed(table(stage), policy)
    return plan(policy, policy.rollout_of(tenant, "chat"), routes, asked)


async def answered(engine, plan):
    body = b'{"model": "big"}'
    async with engine.answer(
        plan, OutRequest("POST", "/v1/chat/completions", {}, body)
    ) as found:
        return found


def outcome(scripted, **values):
    return asyncio.run(answered(Engine(scripted), planned(**values)))


GOOD = (200, "application/json", [completion("yes", "own")])
GOOD_STREAM = (200, SSE, stream_events("yes", "own"))


def test_a_good_candidate_answers_and_the_primary_is_not_asked():
    scripted = Scripted(gpu=GOOD, cloud=GOOD)
    found = outcome(scripted)
    assert isinstance(found, Answer)
    assert (found.choice.side, found.failed_over) == (Side.CANDIDATE, ())
    assert scripted.asked == [("gpu", b'{"model": "own"}')]


def test_a_stream_is_given_away_with_its_first_content():
    found = outcome(Scripted(gpu=GOOD_STREAM), streaming=True)
    assert b"".join(found.held) == b"".join(stream_events("yes", "own")[:2])
    assert found.times.first_token_us is not None


@pytest.mark.parametrize(
    ("script", "end"),
    [
        (ConnectionResetError(), End.BROKEN),
        (EgressBlocked("no"), End.BLOCKED),
        ((500, "application/json", [b"{}"]), End.HTTP_ERROR),
        ((400, "application/json", [b"{}"]), End.HTTP_ERROR),
        ((200, SSE, []), End.NO_TERMINAL),
        ((200, SSE, [b"data: [DONE]\n\n"]), End.NO_TERMINAL),
        ((200, SSE, [b'data: {"error": {"message": "x"}}\n\n']), End.ERROR_EVENT),
        ((200, SSE, [stream_events("a", "m")[0], ConnectionResetError()]), End.BROKEN),
        ((200, "application/json", [completion("yes", "own")]), End.MALFORMED),
        ((200, SSE, [b": ping\n\n" * (1 << 17)] * 100), End.MALFORMED),
        (ValueError("a fault of ours"), End.BROKEN),
    ],
)
def test_a_failed_candidate_is_closed_and_replaced(script, end):
    scripted = Scripted(gpu=script, cloud=GOOD_STREAM)
    found = outcome(scripted, streaming=True)
    assert (found.choice.side, [a.end for a in found.failed_over]) == (Side.PRIMARY, [end])
    assert [name for name, _ in scripted.asked] == ["gpu", "cloud"]
    assert scripted.asked[1][1] == b'{"model": "big"}'


@pytest.mark.parametrize("streaming", [True, False])
def test_an_answer_of_another_model_than_the_candidate_is_replaced(streaming):
    theirs = (200, "application/json", [completion("yes", "gpt-4o")])
    if streaming:
        theirs = (200, SSE, stream_events("yes", "gpt-4o"))
    good = GOOD_STREAM if streaming else GOOD
    found = outcome(Scripted(gpu=theirs, cloud=good), streaming=streaming)
    (attempt,) = found.failed_over
    assert (found.choice.side, attempt.end) == (Side.PRIMARY, End.SERVED_BY_OTHER)
    assert "gpt-4o" in attempt.other


def test_a_head_that_betrays_another_is_enough_and_the_body_is_not_read():
    scripted = Scripted(gpu=(200, SSE, [ValueError("read")]), cloud=GOOD_STREAM)
    scripted.heads["gpu"] = ((b"OpenAI-Processing-Ms", b"12"),)
    found = outcome(scripted, streaming=True)
    assert [attempt.end for attempt in found.failed_over] == [End.SERVED_BY_OTHER]
    assert "OpenAI" in found.failed_over[0].other


def test_anothers_answer_is_given_where_nobody_else_may_and_says_so():
    theirs = (200, "application/json", [completion("yes", "gpt-4o")])
    scripted = Scripted(gpu=theirs)
    scripted.heads["gpu"] = ((b"x-litellm-attempted-fallbacks", b"1"),)
    found = outcome(scripted, tenant="hospital")
    assert isinstance(found, Answer)
    assert found.other


def test_a_primary_may_be_whoever_it_likes():
    found = outcome(Scripted(cloud=(200, SSE, stream_events("a", "x"))), stage="mirror")
    assert found.other == ""


def test_a_candidates_body_that_is_too_long_to_check_is_replaced_before_its_end():
    read = []

    def garbage():
        for _ in range(300):
            read.append(1)
            yield b"x" * (1 << 20)

    found = outcome(Scripted(gpu=(200, "application/json", garbage()), cloud=GOOD))
    assert (found.choice.side, [a.end for a in found.failed_over]) == (
        Side.PRIMARY,
        [End.MALFORMED],
    )
    assert len(read) == 5


def test_in_mirror_a_primary_that_fails_is_never_replaced():
    scripted = Scripted(cloud=ConnectionResetError(), gpu=GOOD)
    found = outcome(scripted, stage="mirror")
    assert isinstance(found, Unanswered)
    assert [attempt.side for attempt in found.attempts] == [Side.PRIMARY]


def test_a_primarys_answer_is_given_as_it_is():
    found = outcome(Scripted(cloud=(200, SSE, [])), stage="mirror")
    assert isinstance(found, Answer)
    assert found.held == []


def test_a_candidate_without_a_failover_is_given_as_it_is():
    found = outcome(Scripted(gpu=(500, "text/html", [b"down"])), tenant="hospital")
    assert (found.incoming.status, found.held) == (500, [])


def test_where_both_fail_both_attempts_are_told():
    scripted = Scripted(gpu=(503, "text/html", []), cloud=ConnectionResetError())
    found = outcome(scripted)
    assert [(a.side, a.end, a.status) for a in found.attempts] == [
        (Side.CANDIDATE, End.HTTP_ERROR, 503),
        (Side.PRIMARY, End.BROKEN, None),
    ]


def test_only_candidates_with_a_failover_are_told_to_the_breaker():
    limits = Limits(at_least=1)

    def opened(scripted, **values):
        engine = Engine(scripted, Breakers(limits))
        asyncio.run(answered(engine, planned(**values)))
        return engine.breakers.opened()

    down = ConnectionResetError()
    assert opened(Scripted(gpu=down, cloud=down)) == [("clinic", "chat", "gpu")]
    assert opened(Scripted(cloud=down), stage="mirror") == []
    assert opened(Scripted(gpu=down), tenant="hospital") == []


def test_each_side_is_asked_in_its_own_translation():
    upstreams = Scripted(gpu=(503, "text/html", []), cloud=(200, "application/json", [BODY]))
    rules = [{"default": "temperature", "to": 1}]
    found = asyncio.run(answered(Engine(upstreams), planned(translate=rules)))
    assert found.choice.side is Side.PRIMARY
    assert upstreams.asked == [
        ("gpu", b'{"model": "own", "temperature": 1}'),
        ("cloud", b'{"model": "big"}'),
    ]


def test_a_candidate_is_never_asked_for_what_it_lacks_even_where_the_plan_says_so():
    upstreams = Scripted(cloud=(200, "application/json", [BODY]))
    plan = planned(translate=[{"refuse": "model"}])
    found = asyncio.run(answered(Engine(upstreams), plan))
    assert [name for name, _ in upstreams.asked] == ["cloud"]
    (attempt,) = found.failed_over
    assert (attempt.end, attempt.status) == (End.CAPABILITY_GAP, None)


def left_after(seconds, *, choice="serving", stage="canary"):
    """The breaker once a client left who had waited for so long with nothing."""
    engine, plan = Engine(Scripted(), Breakers(Limits(at_least=1))), planned(stage)
    trail = Trail()
    if choice:
        trail.ask(getattr(plan, choice), Stopwatch(started_s=time.monotonic() - seconds))
    engine.abandoned(plan, None, trail, 2.5)
    return engine.breakers.opened()


def test_a_client_that_waited_for_too_long_was_failed_and_one_that_left_early_was_not():
    assert left_after(1000) == [("clinic", "chat", "gpu")]
    assert left_after(0.2) == []
    assert left_after(1000, choice="failover") == []  # it waited for the primary
    assert left_after(1000, choice="") == []


def test_how_far_it_came_is_told_while_the_next_side_is_asked():
    trail = Trail()

    async def case():
        engine = Engine(Scripted(gpu=(500, "application/json", [b"{}"]), cloud=GOOD))
        request = OutRequest("POST", "/v1/chat/completions", {}, b"{}")
        async with engine.answer(planned(), request, trail) as found:
            assert found.failed_over == trail.failed

    asyncio.run(case())
    assert trail.choice.side is Side.PRIMARY
    assert [tried.side for tried in trail.failed] == [Side.CANDIDATE]
