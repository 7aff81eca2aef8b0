import pytest
from pydantic import ValidationError

from policies.policy import Sampling
from policies.reverse import ReversePercent


def test_by_default_the_primary_is_asked_less_in_live_than_in_canary():
    assert Sampling().reverse_percent == ReversePercent(canary=10, live=2)


@pytest.mark.parametrize(
    ("written", "canary", "live"),
    [(100, 100, 100), (0.5, 0.5, 0.5), ({"live": 1}, 10, 1), ({"canary": 0}, 0, 2)],
)
def test_a_number_holds_for_both_stages(written, canary, live):
    found = Sampling.model_validate({"reverse_percent": written})
    assert found.reverse_percent == ReversePercent(canary=canary, live=live)


@pytest.mark.parametrize("written", [-1, 101, True, "2", {"mirror": 5}, {"live": 200}])
def test_what_is_no_percent_is_refused(written):
    with pytest.raises(ValidationError):
        Sampling.model_validate({"reverse_percent": written}, strict=False)


def test_a_policy_that_says_nothing_of_it_keeps_its_digest():
    assert "reverse_percent" not in Sampling().model_dump()
    assert "reverse_percent" in Sampling(reverse_percent=ReversePercent(live=5)).model_dump()
