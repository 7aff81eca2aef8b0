"""Reviews of the event log in sentences."""

from dataclasses import replace

import pytest

from dashboards.clock import Clock
from dashboards.questions import reviews
from dashboards.questions.reviews import NAMED, Problem, Review, Reviews

WHOLE = Reviews("03:10", late=False, last=Review(0, "whole", 0, ()))
BROKEN = Problem("clinic", 1204, "changed")


def test_a_whole_log_is_no_trouble_and_its_review_is_told_with_its_time():
    assert reviews.troubles(WHOLE) == []
    line = reviews.line(WHOLE, Clock())
    assert line.startswith("The event log was reviewed ")
    assert "all of it is whole. It is reviewed every day at 03:10" in line


@pytest.mark.parametrize(
    ("outcome", "first", "says"),
    [
        ("changed", (BROKEN,), "changed (1 problem). Event 1,204 of clinic was changed"),
        (
            "gap",
            (Problem("", 3, "missing"),),
            "missing (1 problem). Event 3 of the deployment is",
        ),
        ("gap", (Problem("clinic", 0, "key_missing"),), "A key of clinic is missing."),
        ("not_tried", (), "could not be made. `crossfade fsck`"),
    ],
)
def test_what_it_found_is_told_by_event(outcome, first, says):
    found = replace(WHOLE, last=Review(0, outcome, len(first), first))
    (sentence,) = reviews.troubles(found)
    assert says in sentence
    assert "see above" in reviews.line(found, Clock())


def test_of_many_problems_some_are_named():
    found = replace(WHOLE, last=Review(0, "changed", 99, (BROKEN,) * 20))
    (sentence,) = reviews.troubles(found)
    assert sentence.count("Event 1,204") == NAMED
    assert "(99 problems)" in sentence


def test_one_that_is_too_long_ago_and_none_at_all_are_told():
    (sentence,) = reviews.troubles(replace(WHOLE, late=True))
    assert "not reviewed for two days or more" in sentence
    assert "was not reviewed yet" in reviews.line(replace(WHOLE, last=None), Clock())
    never = reviews.line(replace(WHOLE, at=None), Clock())
    assert "never by itself: the policy says so" in never
