"""Terms refuse on their own what could never be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from policies.terms import EquivalenceGate, Gates, Step, Terms


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


def test_a_margin_lies_below_its_clip() -> None:
    with pytest.raises(ValidationError, match="smaller than `clip`"):
        EquivalenceGate(margin=0.5, clip=0.5)


def test_a_part_cannot_be_changed_and_takes_no_unknown_key_and_no_infinity() -> None:
    step = Step(percent=5)
    with pytest.raises(ValidationError):
        step.percent = 6  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Step.model_validate({"percent": 5, "soak": 1})
    with pytest.raises(ValidationError):
        Step(percent=5, soak_s=float("inf"))


@pytest.mark.parametrize("gate", ["errors", "latency", "flags"])
@pytest.mark.parametrize(
    "written", [{"at_most": 0.07}, {"weight": 0.01}, {"at_most": 0.07, "weight": 0.01}, {}]
)
def test_a_gate_written_in_part_keeps_its_own_defaults_for_the_rest(
    gate: str, written: dict[str, float]
) -> None:
    found = Gates.model_validate({gate: written})
    default = getattr(Gates(), gate)
    assert getattr(found, gate) == default.model_copy(update=written)


def test_a_gate_still_takes_no_unknown_key_and_nothing_that_is_no_gate() -> None:
    for wrong in ({"at_mots": 0.1}, {"target_ms": 5}, 0.1, None):
        with pytest.raises(ValidationError):
            Gates.model_validate({"errors": wrong})
