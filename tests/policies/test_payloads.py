import pytest
from pydantic import ValidationError

from policies.payloads import DEFAULT_DAYS, Payloads


@pytest.mark.parametrize("keep", ["none", "until_scored", 1, 3_660])
def test_a_word_or_days_are_taken(keep):
    found = Payloads(keep=keep)
    assert found.keep == keep
    assert found.days == (keep if isinstance(keep, int) else None)


@pytest.mark.parametrize("keep", ["forever", "", 0, -1, 3_661, True, 1.5, None, "30", []])
def test_anything_else_is_a_fault_in_words(keep):
    with pytest.raises(ValidationError, match="must be `none`, `until_scored` or days"):
        Payloads(keep=keep)


def test_without_a_word_payloads_are_kept_for_ninety_days():
    assert Payloads().keep == DEFAULT_DAYS == 90


@pytest.mark.parametrize("keep", ["none", "until_scored", 29])
def test_nothing_is_kept_for_less_than_the_law_has(keep):
    Payloads(keep=30, minimum_days=30)
    with pytest.raises(ValidationError, match="at least the days of `minimum_days`"):
        Payloads(keep=keep, minimum_days=30)
