"""What a request asks, checked before anything is done."""

import asyncio

import pytest
from starlette.requests import Request

from cutover.api import asked
from cutover.api.problems import Problem


def test_a_bearer_token_is_taken_whatever_the_case_of_its_scheme():
    assert asked.token("bearer  abc ") == "abc"


@pytest.mark.parametrize("header", ["", "abc", "Bearer", "Basic abc"])
def test_anything_else_is_no_token(header):
    with pytest.raises(Problem) as caught:
        asked.token(header)
    assert caught.value.status == 401


def test_fields_are_exactly_those_wanted():
    assert asked.fields(b'{"a": "1", "b": ""}', ("a", "b")) == {"a": "1", "b": ""}
    for raw in (b'{"a": "1"}', b'{"a": "1", "b": "2", "c": "3"}', b'{"a": "1", "b": null}'):
        with pytest.raises(Problem):
            asked.fields(raw, ("a", "b"))


@pytest.mark.parametrize("text", ["x", "  trimmed  ", "sudah disemak", "已审核", "x" * 500])
def test_reasons_are_words(text):
    assert asked.reason(text) == text.strip()


@pytest.mark.parametrize(("given", "number"), [({}, 50), ({"limit": "7"}, 7)])
def test_a_number_has_a_default(given, number):
    assert asked.number(given, "limit", default=50) == number


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({"highest": 90 * 86_400}, "from 1s to 90d"),
        ({"highest": 86_400}, "from 1s to 1d"),
        ({"lowest": 5, "highest": 600}, "from 5s to 10m"),
        ({"lowest": 90, "highest": 7200}, "from 90s to 2h"),
    ],
)
@pytest.mark.parametrize("text", ["0", "-3", "x", "1e2", "٣", "9" * 30, ""])
def test_how_long_is_bounded_and_the_bounds_are_said_as_they_are_typed(bounds, said, text):
    with pytest.raises(Problem, match=f"`--for` must be {said}: `for_s`, a whole number"):
        asked.seconds(text, **bounds)
    assert asked.seconds("100", **bounds) == 100
    assert asked.seconds("", default=0, **bounds) == 0


@pytest.mark.parametrize("text", ["0", "-3", "٣", "1.5", " 1", "1" * 40])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(Problem, match="whole number"):
        asked.number({"limit": text}, "limit", default=None)


def test_a_body_is_refused_before_all_of_it_was_read():
    sent = []

    async def receive():
        sent.append(1)
        return {"type": "http.request", "body": b"x" * 10_000, "more_body": True}

    with pytest.raises(Problem, match="at most"):
        asyncio.run(asked.body(Request({"type": "http"}, receive)))
    assert len(sent) == 2
