import pytest
from pydantic import ValidationError

from policies.blame import Blame
from policies.terms import Terms


def test_a_policy_that_says_nothing_of_blame_keeps_its_digest():
    assert "blame" not in Terms().model_dump(mode="json")
    assert Terms(blame=Blame(wait_s=60)).model_dump(mode="json")["blame"]["wait_s"] == 60


@pytest.mark.parametrize(
    "written",
    [{"wait_s": -1}, {"wait_s": 601}, {"clear_factor": 0.5}, {"widened_within_s": 0}],
)
def test_a_wait_is_bounded_and_what_is_clear_is_beyond_the_level(written):
    with pytest.raises(ValidationError):
        Blame(**written)
