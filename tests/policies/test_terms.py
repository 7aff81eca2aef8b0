"""Terms refuse on their own what could never be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from policies.terms import Step, Terms


@given(st.lists(st.integers(1, 100), min_size=1, max_size=6))
def test_steps_rise_or_are_refused(percents: list[int]) -> None:
    steps = tuple(Step(percent=percent) for percent in percents)
    if percents == sorted(set(percents)):
        assert Terms(steps=steps).steps == steps
    else:
        with pytest.raises(ValidationError, match="steps must rise"):
            Terms(steps=steps)


def test_the_default_terms_are_valid_as_if_they_were_written() -> None:
    assert Terms.model_validate(Terms().model_dump()) == Terms()


def test_a_part_cannot_be_changed_and_takes_no_unknown_key_and_no_infinity() -> None:
    step = Step(percent=5)
    with pytest.raises(ValidationError):
        step.percent = 6  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Step.model_validate({"percent": 5, "soak": 1})
    with pytest.raises(ValidationError):
        Step(percent=5, soak_s=float("inf"))
