"""Random tampers: every one is found, and its file named."""

import random

import pytest
import tampers
from bundles import checked


@pytest.fixture(scope="module")
def here():
    return tampers.world()


def missed(here, numbers):
    """The tampers of these numbers that were not found, or not named."""
    pinned, found = here.files["keys.json"], []
    for number in numbers:
        tamper = tampers.TAMPERS[number % len(tampers.TAMPERS)]
        content, kept, named = tamper(random.Random(number), here)
        report = checked(content, kept, pinned if tamper is tampers.other_keys else None)
        if not tampers.is_named(report, named):
            said = [str(one) for one in report.findings]
            found.append(f"{number} {tamper.__name__}: {named} not named, but {said}")
    return found


def test_every_one_of_hundreds_of_random_tampers_is_found_and_named(here):
    assert checked(here.content).code == 0
    assert missed(here, range(504)) == []


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_every_one_of_ten_thousand_random_tampers_is_found_and_named(here):
    assert missed(here, range(1000, 11_000)) == []


def test_keys_that_were_swapped_are_found_only_by_who_has_others(here):
    content, _, _ = tampers.other_keys(random.Random(1), here)
    alone = checked(content)
    assert alone.code == 0
    assert "compare their ids" in alone.findings[-1].what
    assert checked(content, pinned=here.files["keys.json"]).code == 1
    assert checked(content, [here.log.heads[0].note]).code == 1
