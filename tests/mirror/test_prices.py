"""What one answer costs, by what it says it used, and what is guessed where it does not say."""

import gzip
import json

import pytest
from builders import accepted, replied

from mirror.exchange import End, Large
from mirror.prices import Cost, cost
from policies.price_list import FREE, Tariff
from policies.prices import Price

CHAT = Tariff(Price(input=2.5, output=10))
SOUND = Tariff(Price(audio_minute=0.006))
USED = b'{"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 100}}'


def of(body, tariff=CHAT, accept=None, **changes):
    return cost(tariff, accept or accepted(1), replied(1, body=body, **changes))


def test_a_thousand_tokens_in_and_a_hundred_out_at_the_price_of_a_million_each():
    assert of(USED) == Cost(3_500)


def test_a_packed_answer_is_opened_first():
    assert of(gzip.compress(USED), content_encoding="gzip") == Cost(3_500)


def test_the_usage_of_a_stream_stands_in_its_last_event():
    told = b'data: {"choices": [{}]}\n\ndata: ' + USED + b"\n\ndata: [DONE]\n\n"
    assert of(told) == Cost(3_500)


def test_an_answer_that_does_not_say_is_guessed_and_said_to_be():
    asked = accepted(1, body=b"x" * 400)
    assert of(b"y" * 80, accept=asked) == Cost(100 * 2.5 + 20 * 10, estimated=True)
    stream = b'data: {"choices": []}\n\n' * 30
    assert of(stream, accept=asked) == Cost(100 * 2.5 + 30 * 10, estimated=True)
    large = accepted(1, body=b"", large=Large("d" * 64, 400, "c" * 64))
    assert of(b"", accept=large) == Cost(250, estimated=True)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"not packed"])
def test_what_cannot_be_opened_is_guessed(body):
    found = of(body, content_encoding="gzip", accept=accepted(1, body=b"x" * 4))
    assert found == Cost(3, estimated=True)


@pytest.mark.parametrize(
    ("told", "seconds", "estimated"),
    [
        (json.dumps({"text": "ok", "duration": 90}).encode(), 90, False),
        (json.dumps({"usage": {"type": "duration", "seconds": 30}}).encode(), 30, False),
        (b"plain text", 60, True),
    ],
)
def test_a_recording_is_paid_by_the_minute(told, seconds, estimated):
    asked = accepted(1, route="audio", body=b"", large=Large("d" * 64, 480_000, "c" * 64))
    assert of(told, SOUND, asked) == Cost(seconds * 100, estimated)


@pytest.mark.parametrize(
    "changes",
    [
        {"end": End.AT_CAPACITY, "status": None},
        {"end": End.BLOCKED, "status": None},
        {"end": End.CONNECT, "status": None},
        {"end": End.HTTP_ERROR, "status": 429},
        {"end": End.HTTP_ERROR, "status": 500},
    ],
)
def test_what_was_never_sent_or_refused_costs_nothing(changes):
    assert of(USED, **changes) == Cost(0)


def test_what_broke_in_the_middle_is_counted():
    assert of(b"", end=End.TIMEOUT, status=None, accept=accepted(1, body=b"x" * 4)) == Cost(
        3, estimated=True
    )


def test_a_server_of_ones_own_costs_nothing():
    assert of(USED, FREE) == Cost(0)
