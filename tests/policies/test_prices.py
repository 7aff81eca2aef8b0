"""A price says something."""

import pytest
from pydantic import ValidationError

from policies.prices import Price


@pytest.mark.parametrize("price", [{}, {"currency": "MYR"}])
def test_a_price_of_nothing_is_none(price):
    with pytest.raises(ValidationError, match="names no price"):
        Price.model_validate(price)


@pytest.mark.parametrize("name", ["input", "output", "audio_minute"])
def test_what_is_free_is_written_as_0(name):
    assert getattr(Price.model_validate({name: 0}), name) == 0
