"""The benchmark of comparisons: its errors are one at a time, and its numbers are those of the book."""

import random

import benches
import pytest

from bench.errors.inject import KINDS

NOTE = (
    "He denies chest pain. Pain in the left knee for 12 weeks. Continue metformin 500 mg twice a day, lisinopril 10 mg. "
    "No fever was noted in the clinic today. The plan is to return in 30 days for another visit with us."
)


@pytest.fixture(scope="module")
def bench():
    """bench/compare.py, as a module."""
    with benches.bench("compare") as module:
        yield module


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_changes_the_answer_and_the_same_seed_the_same_way(kind):
    changed = KINDS[kind](NOTE, random.Random(7))
    assert changed is not None and changed != NOTE
    assert KINDS[kind](NOTE, random.Random(7)) == changed


@pytest.mark.parametrize("kind", ["dose", "number", "negation", "laterality", "drug"])
def test_a_hidden_error_is_one_word_or_two(kind):
    changed = KINDS[kind](NOTE, random.Random(7)).split()
    differ = [one for one in changed if changed.count(one) != NOTE.split().count(one)]
    assert 1 <= len(differ) <= 2


@pytest.mark.parametrize("kind", ["dose", "number", "negation", "laterality", "drug", "loops"])
def test_where_there_is_nothing_to_change_there_is_no_error(kind):
    assert KINDS[kind]("Rest well.", random.Random(7)) is None


@pytest.mark.parametrize(
    ("clean", "wrong", "value"),
    [([1, 2], [0, 0], 1.0), ([0, 0], [1, 2], 0.0), ([1, 1], [1, 1], 0.5), ([1, 0], [0], 0.75)],
)
def test_an_auroc_is_the_chance_that_the_wrong_one_scores_lower(bench, clean, wrong, value):
    assert bench.auroc(clean, wrong) == value


def test_its_interval_holds_it(bench):
    clean, wrong = [0.9, 0.8, 0.7, 0.6, 0.5], [0.6, 0.5, 0.7, 0.2, 0.1]
    low, high = bench.interval(clean, wrong)
    assert low <= bench.auroc(clean, wrong) <= high


def test_ties_share_a_rank(bench):
    assert list(bench._ranked(__import__("numpy").array([5.0, 1.0, 5.0]))) == [2.5, 1.0, 2.5]
