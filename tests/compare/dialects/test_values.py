"""Values out of JSON of any shape."""

import pytest
from hypothesis import given
from streams import anything

from compare.dialects.values import members, objects, parsed, place, text, words


@given(anything())
def test_no_shape_of_json_raises(value):
    assert isinstance(members(value, "text"), dict)
    assert isinstance(objects(value, "content"), list)
    assert isinstance(text(value, "text") + words(value, "content"), str)
    assert isinstance(place(value, "index"), int)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", "nonsense"])
def test_what_is_no_json_is_none(body):
    assert parsed(body) is None


def test_words_are_a_string_or_the_texts_of_a_list():
    assert words({"content": "a"}, "content") == "a"
    assert (
        words({"content": [{"text": "a"}, {"image": 1}, 3, {"text": "b"}]}, "content") == "a\nb"
    )
