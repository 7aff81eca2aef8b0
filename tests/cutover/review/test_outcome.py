"""What a review found, as `fsck` says it, as the event says it, and in words."""

import json

import pytest

from cutover.review.outcome import (
    FIRST,
    WORDS,
    Kind,
    Opened,
    Outcome,
    Problem,
    Review,
    not_tried,
    of,
    read,
    said,
)
from mirror.journal import events

CHECKED = {"logs": 2, "events": 1204, "checkpoints": 7, "digests": 1}
WHOLE = {"outcome": "whole", "checked": CHECKED, "broken": []}
SECRET = "the payload of Mrs Tan"


def broken(number, *, gap=False):
    return {"tenant": "clinic", "event": number, "what": SECRET, "gap": gap}


def test_a_whole_log_has_its_counts():
    found = of(WHOLE, 52)
    assert found == Review(Outcome.WHOLE, 2, 1204, 7, 1, 52)
    assert found.sentence() == "1,204 events of 2 logs: all whole, and as they were signed"


def test_problems_are_told_by_log_event_and_kind_and_by_nothing_that_stands_there():
    body = WHOLE | {"outcome": "changed", "broken": [broken(3), broken(5, gap=True)]}
    found = of(body, 1)
    assert found.first == (
        Problem("clinic", 3, Kind.CHANGED),
        Problem("clinic", 5, Kind.MISSING),
    )
    assert "2 problems; the first: event 3 of the log of clinic" in found.sentence()
    assert SECRET not in json.dumps(found.details()) + found.sentence()


def test_a_few_are_named_and_all_are_counted():
    body = WHOLE | {"outcome": "changed", "broken": [broken(n) for n in range(1, 100)]}
    found = of(body, 1)
    assert (found.problems, len(found.first)) == (99, FIRST)


def test_a_key_that_is_missing_is_a_problem_of_its_tenant():
    closed = [{"tenant": "clinic", "payloads": 4, "why": SECRET}]
    body = WHOLE | {
        "outcome": "gap",
        "payloads": {"same": 9, "erased": 1, "closed": closed},
    }
    found = of(body, 1)
    assert found.payloads == Opened(9, 1, 4)
    assert found.first == (Problem("clinic", 0, Kind.KEY_MISSING),)
    assert "a key of clinic is missing" in found.sentence()
    assert SECRET not in json.dumps(found.details()) + found.sentence()


def test_a_store_without_an_event_says_so():
    nothing = {name: 0 for name in CHECKED}
    found = of({"outcome": "gap", "checked": nothing, "broken": []}, 1)
    assert found.sentence() == "no event was ever written"


@pytest.mark.parametrize(
    "review",
    [
        of(WHOLE, 5),
        of(WHOLE | {"outcome": "changed", "broken": [broken(3)]}, 5),
        of(WHOLE | {"payloads": {"same": 1, "erased": 0, "closed": []}}, 5),
        not_tried("", 5),
    ],
)
def test_what_an_event_says_is_read_again_as_it_was(review):
    kept = json.loads(events.canonical(review.details()))
    assert read(kept) == review


def test_why_it_could_not_be_tried_is_the_reason_and_no_detail():
    found = not_tried("the disk is gone " * 100, 5)
    assert found.sentence().startswith("it could not be tried: the disk is gone")
    assert len(found.sentence()) == WORDS
    assert "why" not in found.details()


@pytest.mark.parametrize(
    "wrong", [{}, WHOLE | {"outcome": "odd"}, WHOLE | {"checked": 3}, WHOLE | {"broken": [{}]}]
)
def test_what_is_no_answer_of_a_check_is_refused(wrong):
    with pytest.raises((KeyError, TypeError, ValueError)):
        of(wrong, 1)


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (Problem("", 7, Kind.MISSING), "event 7 of the deployment's own log is missing"),
        (Problem("clinic", 1204, Kind.CHANGED), "event 1,204 of the log of clinic or what was"),
        (Problem("clinic", 0, Kind.KEY_MISSING), "a key of clinic is missing"),
    ],
)
def test_a_problem_is_a_sentence(problem, words):
    assert said(problem).startswith(words)
