"""What is written down about an exchange."""

import pytest
from builders import believed, two_sided
from proxied import Recorded, table

from mirror.exchange import Attempt, End, Leg, Outcome, Side
from mirror.proxy.call import Call
from mirror.proxy.engine import Unanswered
from mirror.proxy.metrics import Metrics
from mirror.proxy.record import Ending, Recording, accept_of, reply_of
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
    found = accept_of(call(query="api_key=secret"), *planned(), b"body")
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


@pytest.mark.parametrize(
    ("recorded", "kept"),
    [(Recorded(), True), (Recorded(works=False), False), (Recorded(breaks=True), False)],
)
def test_a_record_that_is_lost_is_counted_and_raises_nothing(recorded, kept):
    metrics = Metrics()
    recording = Recording(recorded, metrics)
    assert recording.accept(accept_of(call(), *planned(), b"")) is kept
    assert recording.reply(reply_of(call(), planned()[0], Ending())) is kept
    lost = metrics.total("crossfade_spool_drops_total")
    assert lost == (0 if kept else 2)
