"""JSON that has one form only, against the library that writes the events."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from cutover.verifying.strict_json import NotJson, canonical_json, read_canonical, read_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
def test_it_writes_what_the_library_for_rfc_8785_writes(value):
    assert canonical_json(value) == rfc8785.dumps(value)
    assert read_canonical(rfc8785.dumps(value)) == value


def test_keys_beyond_the_first_plane_sort_by_utf_16():
    value = {"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3}
    assert canonical_json(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "text",
    [b'{"a": 1}', b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'"\\u0041"', b"-0", b'"\\/"', b'"\\u000A"', b" 1", b"[1,]"],
)  # fmt: skip
def test_another_form_of_the_same_value_is_refused(text):
    with pytest.raises(NotJson):
        read_canonical(text)


@pytest.mark.parametrize(
    "text",
    [b"1.0", b"1e3", b"NaN", b"Infinity", b"9007199254740992", b"1" * 5000, b"\xff", b"", b"[" * 100_000,
     b'{"a":' * 50_000 + b"1", b'"\\ud800"'],
)  # fmt: skip
def test_what_cannot_be_told_exactly_is_refused(text):
    with pytest.raises(NotJson):
        canonical_json(read_json(text))
