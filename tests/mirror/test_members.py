"""An object taken apart and put together again: what is not touched comes out as it went in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.members import Members

KEYS = st.sampled_from(["a", "b", "stream_options", "é", "\u0000", '"'])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=5)
SPACES = st.text(" \t\r\n", max_size=3)
PATHS = st.lists(KEYS, min_size=1, max_size=3)


@st.composite
def written(draw):
    """An object as somebody may write it: spaces anywhere, keys in escapes, a key given twice."""
    members = draw(st.lists(st.tuples(KEYS, VALUES), max_size=5))
    ascii_only = draw(st.booleans())

    def one(key, value):
        parts = (json.dumps(key, ensure_ascii=ascii_only), ":", json.dumps(value))
        return "".join(draw(SPACES) + part for part in parts) + draw(SPACES)

    inside = ",".join(one(*member) for member in members) or draw(SPACES)
    return draw(SPACES) + "{" + inside + "}" + draw(SPACES)


@given(written())
def test_what_is_not_touched_comes_out_as_it_went_in(text):
    assert Members.of(text).text() == text


def read(text):
    return json.loads(text)


def same(one, other):
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@given(written(), PATHS, VALUES)
def test_a_value_that_was_put_is_there_and_nothing_else_changed(text, path, value):
    members = Members.of(text)
    before = read(text)
    changed = members.put(path, value)
    after = read(members.text())
    assert changed or members.text() == text
    if changed:
        assert same(members.at(path), value)
    others = {key: before[key] for key in before if key != path[0]}
    assert same(others, {key: after[key] for key in after if key != path[0]})
    assert not members.put(path, value)


@given(written(), KEYS)
def test_what_was_dropped_is_gone_and_the_rest_is_valid(text, key):
    members = Members.of(text)
    changed = members.drop([key])
    assert changed is (key in read(text))
    assert same(read(members.text()), {k: v for k, v in read(text).items() if k != key})
    assert not members.drop([key])


@given(written(), KEYS, KEYS)
def test_a_renamed_parameter_says_the_same_under_its_new_name(text, key, to):
    members, before = Members.of(text), read(text)
    members.rename([key], to)
    after = read(members.text())
    if key == to:
        assert same(before, after) or key in before
    elif key in before:
        kept = before[to] if to in before else before[key]
        assert key not in after and same(after[to], kept)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('{"a": 1, "b": 2, "c": 3}', '{"a": 1, "c": 3}'),
        ('{"b": 2, "a": 1}', '{ "a": 1}'),
        ('{"a": 1,\n "b": 2\n}', '{"a": 1\n}'),
        ('{"b": 1}', "{}"),
        ('{"b": 1, "a": 0, "b": 2}', '{ "a": 0}'),
        ('{"\\u0062": 1, "a": 0.10}', '{ "a": 0.10}'),
    ],
)
def test_dropping_leaves_every_other_character_alone(text, after):
    members = Members.of(text)
    assert members.drop(["b"])
    assert members.text() == after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("{}", '{"a": {"b": 1}}'),
        ('{"a": null}', '{"a": {"b": 1}}'),
        ('{"a": {"b": 2, "c":1.50}}', '{"a": {"b": 1, "c":1.50}}'),
        ('{"a": {"c": 3}, "z": 0}', '{"a": {"c": 3, "b": 1}, "z": 0}'),
        ('{"a": "text"}', '{"a": "text"}'),
        ('{"a": [1]}', '{"a": [1]}'),
        ('{"a": {"b": true}}', '{"a": {"b": 1}}'),
        ('{"a": {"b": 7}, "a": {"b": 3}}', '{"a": {"b": 7}, "a": {"b": 1}}'),
    ],
)
def test_putting_leads_into_objects(text, after):
    members = Members.of(text)
    members.put(["a", "b"], 1)
    assert members.text() == after


@pytest.mark.parametrize(
    "text", ["", "[]", "1", '{"a" 1}', '{"a": 1', "{1: 2}", "{} {}", "nul"]
)
def test_what_is_no_object_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        Members.of(text)


def test_a_value_that_is_nested_without_end_is_replaced_all_the_same():
    members = Members.of('{"a": ' + "[" * 5000 + "]" * 5000 + "}")
    assert members.put(["a"], 1)
    assert members.text() == '{"a": 1}'
