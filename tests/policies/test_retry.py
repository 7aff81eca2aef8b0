"""Rests after a rollback grow, and the last one holds."""

import pytest
from pydantic import ValidationError

from policies.policy import Terms
from policies.retry import Retry


def test_the_default_rests_are_1_6_and_24_times_the_first() -> None:
    assert [Retry().rest(attempt) for attempt in (1, 2, 3, 4, 9)] == [1, 6, 24, 24, 24]


@pytest.mark.parametrize("rests", [[], [0], [-1], [6, 1], [1, float("inf")]])
def test_rests_that_are_none_or_shrink_are_refused(rests: list[float]) -> None:
    with pytest.raises(ValidationError):
        Retry.model_validate({"rests": rests})


def test_terms_that_say_nothing_of_it_are_written_down_as_before() -> None:
    assert "retry" not in Terms().model_dump()
    assert Terms.model_validate({"retry": {"rests": [1]}}).model_dump()["retry"]["rests"] == (
        1,
    )
