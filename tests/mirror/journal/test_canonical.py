import json
from datetime import UTC, datetime
from fractions import Fraction
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from mirror.exchange import Leg
from mirror.journal.canonical import EventInvalid, canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_the_canonical_form_says_the_same_and_has_one_spelling(value):
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text
    assert canonical(dict(reversed(value.items()))) == text


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_it_is_what_another_writer_of_rfc_8785_makes(value):
    assert canonical(value) == rfc8785.dumps(value).decode()


@given(st.dictionaries(st.sampled_from("abcXYZ_1"), st.sampled_from(Leg) | st.integers(-9, 9)))
def test_words_of_a_kind_of_their_own_are_texts(value):
    assert canonical({"leg": value}) == json.dumps(
        {"leg": value}, sort_keys=True, separators=(",", ":")
    )


def test_words_of_an_enumeration_may_be_names():
    assert canonical({"legs": {Leg.SHADOW: 1, Leg.SERVED: 2}}) == (
        '{"legs":{"served":2,"shadow":1}}'
    )


def test_parts_may_stand_deep_in_one_another():
    value = {"x": 1}
    for _ in range(300):
        value = {"x": value}
    assert canonical(value) == json.dumps(value, separators=(",", ":"))


def test_names_outside_the_first_plane_are_sorted_as_rfc_8785_does():
    assert canonical({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'


def test_the_canonical_form_is_that_of_rfc_8785():
    assert canonical({"€": "\n\x0f", "\r": None, "a": [True, 10**6]}) == (
        '{"\\r":null,"a":[true,1000000],"€":"\\n\\u000f"}'
    )


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        [{"deep": 0.1}],
        2**53,
        -(2**53),
        "\ud800",
        {"\ud800": 1},
        b"x",
        {1: 1},
        [{1: 1}],
        {"s"},
        Fraction(1, 2),
        datetime(2026, 1, 1, tzinfo=UTC),
        UUID(int=1),
    ],
)
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(EventInvalid):
        canonical({"x": value})
