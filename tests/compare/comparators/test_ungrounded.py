"""Allergens in documents; doses, totals, dates and words are asked for where documents are compared."""

import pytest

from compare.comparators.fields import leaves
from compare.comparators.ungrounded import ungrounded

PROMPT = "He is allergic to penicillin and to bee stings. Order metformin."


@pytest.mark.parametrize(
    ("primary", "candidate", "paths"),
    [
        (["penicillin"], [], ["$.allergies[0]"]),
        (["penicillin"], ["sulfa"], ["$.allergies[0]", "$.allergies[1]"]),
        (["penicillin"], ["penicillin", "sulfa"], ["$.allergies[1]"]),
        (["penicillin"], ["penicillin", "bee stings"], []),
        (["penicillin"], ["Penicillin allergy"], []),
        ("penicillin", "none", ["$.allergies"]),
        (["latex"], [], []),  # which nobody told the primary either
    ],
)
def test_an_allergen_that_is_lost_or_that_nobody_named_fails(primary, candidate, paths):
    found = leaves({"allergies": primary}, {"allergies": candidate})
    differ = [leaf for leaf in found if leaf.differs]
    conflicts = ungrounded(differ, found, PROMPT, frozenset())
    assert [leaf.path for leaf in conflicts] == paths


def test_what_is_no_allergen_may_be_left_out():
    found = leaves({"drugs": ["metformin"]}, {"drugs": []})
    assert ungrounded(list(found), found, PROMPT, frozenset()) == []
