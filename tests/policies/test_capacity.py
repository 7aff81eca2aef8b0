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
