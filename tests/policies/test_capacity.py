import pytest
from builders import two_sided

from policies.capacity import COPIES, Capacity
from policies.check import faults

NOWHERE = "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("given", "copies", "capped"),
    [
        ({}, COPIES, False),
        ({"in_flight": 8}, 4, True),
        ({"in_flight": 1}, 1, True),
        ({"in_flight": 500}, COPIES, True),
        ({"in_flight": 500, "copies": 200}, 200, True),
        ({"batch": 3}, COPIES, True),
    ],
)
def test_copies_get_half_of_a_cap_and_sixty_four_at_most_unless_told(given, copies, capped):
    found = Capacity(**given)
    assert (found.most_copies, found.capped) == (copies, capped)


@pytest.mark.parametrize("part", ["batch", "copies"])
def test_a_part_that_is_more_than_the_whole_is_a_fault(part):
    with pytest.raises(ValueError, match=f"`{part}` is more than `in_flight`"):
        Capacity(**{"in_flight": 4, part: 5})


def test_a_batch_tenant_that_nobody_declares_is_a_fault():
    policy = two_sided(NOWHERE, NOWHERE, batch={"tenants": ["clinic", "clinics"]})
    found = [(place, message) for place, message in faults(policy) if place[0] == "batch"]
    assert [place for place, _ in found] == [("batch", "tenants", 1)]
    assert "did you mean `clinic`" in found[0][1]


def test_of_a_capacity_that_is_half_accepted_each_number_is_halved_and_none_is_zero():
    half = Capacity(in_flight=9, batch=3, copies=1).accepting(0.5)
    assert (half.in_flight, half.batch, half.copies, half.capped) == (4, 1, 1, True)
    assert Capacity(in_flight=1).accepting(0.5).in_flight == 1


def test_where_none_is_declared_only_copies_are_halved():
    half = Capacity().accepting(0.5)
    assert (half.in_flight, half.batch, half.most_copies) == (None, None, COPIES // 2)


def test_a_whole_capacity_is_the_one_declared():
    whole = Capacity(in_flight=9)
    assert whole.accepting(1.0) is whole


def test_a_cap_that_says_nothing_of_a_rate_keeps_its_digest():
    assert "per_min" not in Capacity(in_flight=4).model_dump(mode="json")
    assert Capacity(per_min=500).model_dump(mode="json")["per_min"] == 500
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        Capacity(per_min=0)
