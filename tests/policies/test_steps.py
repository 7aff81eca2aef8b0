"""Steps in percent and in sessions."""

import pytest
from pydantic import TypeAdapter, ValidationError

from policies.steps import Step, Steps

STEPS = TypeAdapter(Steps)


def test_a_step_is_a_percentage_or_so_many_sessions():
    assert Step(percent=2.5).size == "2.5 %"
    assert Step(sessions=1000).size == "1,000 sessions"


@pytest.mark.parametrize("written", [{}, {"percent": 5, "sessions": 50}])
def test_it_is_not_both_and_not_neither(written):
    with pytest.raises(ValidationError, match="needs `percent` or `sessions`, one of them"):
        Step.model_validate(written)


@pytest.mark.parametrize("written", [{"sessions": 0}, {"sessions": -5}, {"percent": 0}, {"percent": 101}])  # fmt: skip
def test_a_step_of_nobody_or_of_more_than_all_is_refused(written):
    with pytest.raises(ValidationError):
        Step.model_validate(written)


def test_a_step_in_sessions_asks_for_as_many_unless_it_says_otherwise():
    assert Step(sessions=20).min_served == 20
    assert Step(sessions=20, min_served=5).min_served == 5
    assert Step(percent=5).min_served == 50


def test_a_step_in_percent_is_written_as_it_was_before_there_were_others():
    assert "sessions" not in Step(percent=5).model_dump(mode="json")
    written = Step(sessions=20).model_dump(mode="json")
    assert (written["percent"], written["sessions"]) == (None, 20)
    assert Step.model_validate(written) == Step(sessions=20)


@pytest.mark.parametrize(
    ("sizes", "rise"),
    [
        ([{"sessions": 20}, {"percent": 5}, {"percent": 25}], True),
        ([{"percent": 1}, {"sessions": 20}, {"percent": 2}, {"sessions": 21}], True),
        ([{"sessions": 20}, {"percent": 5}, {"sessions": 20}], False),
        ([{"percent": 5}, {"sessions": 20}, {"percent": 5}], False),
    ],
)
def test_steps_of_one_measure_rise(sizes, rise):
    if rise:
        assert len(STEPS.validate_python(sizes)) == len(sizes)
    else:
        with pytest.raises(ValidationError, match="must rise"):
            STEPS.validate_python(sizes)


def test_no_canary_step_is_all_of_a_clinic_because_people_decide_that():
    with pytest.raises(ValidationError, match="less than 100"):
        Step(percent=100)
