import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover import letters
from mirror.journal.canonical import canonical

NAMES = st.dictionaries(st.text("abc", max_size=3), st.text(max_size=5), max_size=3)
DETAILS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz"), inner, max_size=3)
    ),
)
EVENTS = st.fixed_dictionaries(
    {
        "at_us": st.integers(0, 2**53 - 1), "type": st.text(max_size=5), "actor": NAMES, "object": NAMES,
        "details": st.dictionaries(st.text("xyz"), DETAILS, max_size=3), "outcome": st.text(max_size=3), "reason": st.text(max_size=5),
    }
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["at_us", "type", "actor", "object", "details", "a"]), inner, max_size=5),
)  # fmt: skip


def deep(levels):
    return json.dumps({"at_us": 1, "type": "a", "actor": {}, "object": {}})[:-1] + (
        ', "details": {"a": ' + "[" * (levels - 2) + "]" * (levels - 2) + "}}"
    )


@given(EVENTS)
def test_an_event_as_it_was_recorded_says_what_it_says(event):
    assert letters.said("other", 7, canonical(event)) == event


@given(st.text() | JSON.map(json.dumps))
def test_whatever_stands_there_something_is_told_that_an_answer_can_hold(body):
    told = letters.said("hold.placed", 7, body)
    assert type(told["at_us"]) is int and isinstance(told["type"], str)
    assert all(isinstance(one, dict) for one in (told["actor"], told["object"]))
    json.dumps(told, ensure_ascii=False, allow_nan=False).encode()


def test_of_letters_that_no_event_has_its_row_is_told():
    told = letters.said("hold.placed", 7, "no JSON")
    assert (told["type"], told["at_us"]) == ("hold.placed", 7)
    assert "no event" in told["reason"]


@pytest.mark.parametrize(("levels", "is_event"), [(100, True), (101, False), (5000, False)])
def test_how_deep_an_event_may_be_is_told(levels, is_event):
    assert (letters.said("b", 7, deep(levels))["type"] == "a") == is_event


def test_many_brackets_that_are_not_deep_are_an_event():
    body = json.dumps(
        {"at_us": 1, "type": "a", "actor": {}, "object": {}, "details": {"a": [[]] * 500}}
    )
    assert letters.said("b", 7, body)["type"] == "a"
