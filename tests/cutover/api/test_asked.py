"""What a request asks, as types that say what is wrong with what they are given."""

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from cutover.api.asked import Name, Reason, Why, seconds


@pytest.mark.parametrize("text", ["x", "  trimmed  ", "sudah disemak", "已审核", "x" * 500])
def test_reasons_are_words(text):
    assert TypeAdapter(Reason).validate_python(text) == text.strip()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must have 1 to 500 characters"),
        (" " * 9, "must have 1 to 500 characters"),
        ("x" * 501, "must have 1 to 500 characters"),
        ("a\x00b", "must not contain control characters"),
        ("two\nlines", "must not contain control characters"),
    ],
)
def test_what_is_no_reason_is_refused_in_words(text, says):
    with pytest.raises(ValidationError, match=says):
        TypeAdapter(Reason).validate_python(text)


def test_names_are_shorter():
    assert TypeAdapter(Name).validate_python(" notes ") == "notes"
    with pytest.raises(ValidationError, match="1 to 200 characters"):
        TypeAdapter(Name).validate_python("x" * 201)


def test_a_body_has_exactly_its_fields():
    assert Why.model_validate_json('{"reason": "x"}').reason == "x"
    for body in ("{}", '{"reason": "x", "more": 1}', '{"reason": null}', "[]"):
        with pytest.raises(ValidationError):
            Why.model_validate_json(body)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ((90 * 86_400,), "1s to 90d"),
        ((86_400,), "1s to 1d"),
        ((600, 5), "5s to 10m"),
        ((7200, 90), "90s to 2h"),
    ],
)
@pytest.mark.parametrize("given", ["0", "-3", "x", "1e2", "٣", "9" * 30, 0, 1.5, [], False])
def test_how_long_is_bounded_and_the_bounds_are_said_as_they_are_typed(bounds, said, given):
    lasts = TypeAdapter(Annotated[int | None, seconds(*bounds)])
    with pytest.raises(ValidationError, match=f"`--for` takes {said}"):
        lasts.validate_python(given)
    assert lasts.validate_python("100") == lasts.validate_python(100) == 100
    assert lasts.validate_python("") is lasts.validate_python(None) is None
