"""What the egress record says of a call."""

import asyncio

import pytest
from builders import intended
from proxied import Recorded

from mirror.egress_record import call_of, on_record
from mirror.exchange import End
from mirror.guard import EgressBlocked


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/v1/chat/completions", "POST /v1/chat/completions"),
        ("/v1/files/file-Ahmad/content", "POST /v1/files/*/content"),
        ("/v1/ahmad.bin.ali", "POST /v1/*"),
        ("/v1/threads/t1/runs/r1/cancel", "POST /v1/threads/*/runs/*/cancel"),
    ],
)
def test_a_path_is_told_by_the_words_of_the_api_alone(path, told):
    assert call_of("POST", path) == told


def recorded(record, intent, fault=None, status=200):
    """What is written of a request that ends with this fault, where it gets as far."""

    async def case():
        async with on_record(record, intent) as entry:
            entry.status = status
            if fault is not None:
                raise fault

    asyncio.run(case())


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        (None, 200, ""),
        (None, 500, "http_error"),
        (TimeoutError(), None, End.TIMEOUT),
        (asyncio.CancelledError(), 200, "given_up"),
        (EgressBlocked("no"), None, End.BLOCKED),
    ],
)
def test_every_request_has_an_intent_and_an_end(fault, status, reason):
    record = Recorded()
    try:
        recorded(record, intended(1), fault, status)
    except BaseException as raised:
        assert raised is fault
    intent, done = record.egresses
    assert (intent, done.intent, done.reason, done.status) == (
        intended(1),
        intended(1),
        reason,
        status,
    )


@pytest.mark.parametrize("record", [None, Recorded(works=False), Recorded(breaks=True)])
def test_without_a_record_nothing_leaves_where_it_must_be_there_before(record):
    with pytest.raises(EgressBlocked, match="before"):
        recorded(record, intended(1, before=True))


@pytest.mark.parametrize("record", [None, Recorded(works=False), Recorded(breaks=True)])
def test_a_record_that_fails_breaks_no_answer_otherwise(record):
    recorded(record, intended(1))
