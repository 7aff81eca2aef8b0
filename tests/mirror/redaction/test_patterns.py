import re

import pytest

from mirror.redaction import patterns


@pytest.mark.parametrize(
    ("number", "is_one"),
    [
        ("880512-10-5233", True),
        ("000229-10-5233", True),
        ("010229-10-5233", False),
        ("880512-17-5233", False),
        ("881312-10-5233", False),
    ],
)
def test_a_mykad_has_a_day_and_a_place_of_birth(number, is_one):
    assert patterns.is_mykad(patterns.MYKAD.fullmatch(number)) is is_one


def test_digits_and_letters_of_other_scripts_end_a_word_as_a_blank_does():
    found = [one for one in vars(patterns).values() if isinstance(one, re.Pattern)]
    assert len(found) == 7
    assert all(one.flags & re.ASCII for one in found if one is not patterns.ADDRESS_HAN)
