"""A number and its unit in members of their own."""

import pytest

from compare.comparators.fields import leaves
from compare.comparators.measures import restated


@pytest.mark.parametrize(
    ("primary", "candidate", "paths"),
    [
        ({"dose": 500, "unit": "mg"}, {"dose": 0.5, "unit": "g"}, {"$.dose", "$.unit"}),
        ({"dose": "500", "Units": "mg"}, {"dose": 0.5, "Units": "g"}, {"$.dose", "$.Units"}),
        ({"dose": 500, "unit": "mg"}, {"dose": 5, "unit": "g"}, set()),
        ({"dose": 500, "unit": "mg"}, {"dose": 500, "unit": "mcg"}, set()),
        ({"dose": 500, "unit": "mg"}, {"dose": 50, "unit": "mg"}, set()),
        ({"dose": 2, "unit": "box"}, {"dose": 2, "unit": "packet"}, set()),
        (
            {"a": {"dose": 500, "unit": "mg"}, "b": {"dose": 1, "unit": "g"}},
            {"a": {"dose": 0.5, "unit": "g"}, "b": {"dose": 100, "unit": "mg"}},
            {"$.a.dose", "$.a.unit"},
        ),
    ],
)
def test_a_measure_in_another_unit_is_the_same_measure(primary, candidate, paths):
    assert restated(leaves(primary, candidate)) == paths
