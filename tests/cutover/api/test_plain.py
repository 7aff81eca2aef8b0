"""A request says each thing once."""

import json

from hypothesis import given
from hypothesis import strategies as st

from cutover.api.plain import twice_in

LEAVES = st.none() | st.booleans() | st.integers() | st.text()
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(JSON)
def test_what_is_written_from_an_object_has_no_key_twice(value):
    assert twice_in(json.dumps(value).encode()) == ""


@given(st.text(), JSON, JSON)
def test_a_key_that_stands_twice_is_found_wherever_it_is(name, one, other):
    key = json.dumps(name)
    within = f'[{{"a": {{{key}: {json.dumps(one)}, {key}: {json.dumps(other)}}}}}]'
    assert twice_in(within.encode()) == name


def test_what_is_no_json_has_none():
    for body in (b"", b"{", b"\xff", b"[" * 16_000, b"9" * 9_000):
        assert twice_in(body) == ""
