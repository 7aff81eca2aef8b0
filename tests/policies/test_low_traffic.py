"""Terms for tenants with little traffic refuse what means nothing."""

import pytest
from pydantic import ValidationError

from policies.low_traffic import LowTraffic, Resend
from policies.terms import Terms


@pytest.mark.parametrize(
    "written",
    [
        {"start": "05:00"},
        {"start": "24:00"},
        {"at_most": 0.6},
        {"at_most": 0},
        {"per_hour": 0},
        {"per_day": 0},
        {"start": "9:00"},
    ],
)
def test_hours_shares_and_budgets_that_mean_nothing_are_refused(
    written: dict[str, object],
) -> None:
    with pytest.raises(ValidationError):
        Resend.model_validate(written)


def test_terms_that_say_nothing_of_it_are_written_as_before() -> None:
    assert "low_traffic" not in Terms().model_dump()
    assert Terms().low_traffic == LowTraffic()
    assert not LowTraffic().pooled_gate
    assert LowTraffic().resend is None
