"""Requests in JSON, of which one value is replaced."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.dialects import jsonbody

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(
    document=st.dictionaries(st.text(), JSON, max_size=4),
    requested=st.text(min_size=1),
    model=st.text(min_size=1),
    indent=st.sampled_from([None, 0, 2]),
    ascii_only=st.booleans(),
    first=st.booleans(),
)
def test_only_the_models_value_changes(document, requested, model, indent, ascii_only, first):
    named = {"model": requested}
    asked = named | document | named if first else document | named
    try:
        body = json.dumps(asked, indent=indent, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:
        return
    changed = jsonbody.with_model(body, "application/json", model)
    assert json.loads(changed) == asked | {"model": model}
    old, new = json.dumps(requested, ensure_ascii=ascii_only), json.dumps(model)
    assert len(changed) - len(body) == (
        0 if requested == model else len(new.encode()) - len(old.encode())
    )


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        (b'{"model":"a"}', b'{"model":"b"}'),
        (
            b' { "x" : {"model": "a"} , "model" : "a" } ',
            b' { "x" : {"model": "a"} , "model" : "b" } ',
        ),
        (b'{"model":"a","model":"c"}', b'{"model":"a","model":"b"}'),
        (b'{"model":"\\u0062"}', b'{"model":"\\u0062"}'),
        (b"{}", b"{}"),
        (b'{"x": 1.50}', b'{"x": 1.50}'),
    ],
)
def test_all_other_bytes_stay(body, changed):
    assert jsonbody.with_model(body, "", "b") == changed
