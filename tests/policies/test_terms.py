"""Terms refuse on their own what could never be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from policies.terms import Alpha, Sampling, Step, Terms


@given(st.lists(st.integers(1, 99), min_size=1, max_size=6))
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


SILENT = tuple(Step(percent=percent) for percent in (1, 5, 10, 25, 50))


@pytest.mark.parametrize(
    ("shadowed", "asked"),
    [
        (100, []),  # it is sent every session already
        (50, [4]),
        (45, [3]),  # at the last step it is not sent a quarter more than where it was asked
        (25, [2, 3, 4]),
        (10, [1, 2, 3, 4]),
        (1, [0, 1, 2, 3, 4]),
    ],
)
def test_speed_is_asked_anew_where_the_candidate_is_sent_much_more(
    shadowed: float, asked: list[int]
) -> None:
    terms = Terms(steps=SILENT, sampling=Sampling(shadow_percent=shadowed))
    assert [at for at in range(5) if terms.asks_speed(at)] == asked


@given(st.floats(0, 100))
def test_speed_is_asked_wherever_the_policy_says_so(shadowed: float) -> None:
    terms = Terms(sampling=Sampling(shadow_percent=shadowed))
    assert terms.asks_speed(3)
    assert terms.asks_speed(4)


def test_of_a_step_in_sessions_only_the_policy_knows() -> None:
    steps = (Step(sessions=10), Step(sessions=20, latency_evidence=True))
    terms = Terms(steps=steps, sampling=Sampling(shadow_percent=1))
    assert not terms.asks_speed(0)
    assert terms.asks_speed(1)


@pytest.mark.parametrize("part", [0, 1])
def test_neither_mirror_nor_the_steps_are_left_without_a_budget(part: float) -> None:
    with pytest.raises(ValidationError, match="than"):
        Alpha(mirror_part=part)
