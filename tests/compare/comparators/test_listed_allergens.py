"""Plain lists of allergens."""

import pytest

from compare.comparators.listed_allergens import listed_allergens


@pytest.mark.parametrize(
    ("what", "items"),
    [
        ("ragweed, cat dander (hives)", ["ragweed", "cat dander"]),
        ("penicillin and cats", ["cat"]),
        ("豚草、猫毛", ["豚草", "猫毛"]),
        ("avoid triggers, cats", []),
        ("anything", []),
    ],
)
def test_only_a_plain_list_has_items(what, items):
    assert listed_allergens(what) == items
