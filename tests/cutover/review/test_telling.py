"""What Prometheus and Health are told of the reviews."""

import pytest
from rollouts import START_US, a_policy

from cutover.actors import CONTROLLER
from cutover.review import record, telling
from cutover.review.outcome import Kind, Outcome, Problem, Review
from mirror.journal import events

DAY_US = 86_400_000_000
PROBLEMS = tuple(Problem(log, 3, Kind.CHANGED) for log in ("", "clinic", "ward"))


@pytest.fixture
def begun(store):
    with store.write() as conn:
        events.append(
            conn, tenant="", type="policy.applied", actor=CONTROLLER.body(), object={"kind": "policy", "id": "p"}, at_us=START_US
        )  # fmt: skip
    return store


def gauges(store, after_us, policy=None):
    with store.read() as conn:
        found = telling.samples(conn, policy or a_policy(), START_US + after_us)
        return {name.removeprefix("crossfade_review_"): value for name, _, value in found}


def reviews(store, after_us, policy=None, sees=("clinic", "ward")):
    with store.read() as conn:
        return telling.reviews(
            conn, policy or a_policy(), START_US + after_us, lambda one: one in sees
        )


def keep(store, review, after_us):
    with store.write() as conn:
        record.append(conn, review, CONTROLLER, START_US + after_us)


def test_before_the_first_the_age_counts_from_the_beginning_of_the_log(begun):
    assert gauges(begun, 7_000_000) == {"age_seconds": 7}
    assert reviews(begun, DAY_US) == telling.Reviews("03:10", late=False, last=None)
    assert reviews(begun, 3 * DAY_US).late


def test_nothing_is_told_of_a_store_without_an_event(store):
    assert gauges(store, 7_000_000) == {"age_seconds": 0}
    assert not reviews(store, 3 * DAY_US).late


def test_one_that_found_something_is_told_with_its_problems_to_who_sees_them(begun):
    keep(begun, Review(Outcome.CHANGED, 3, 9, 1, 1, 1500, 3, PROBLEMS), DAY_US)
    assert gauges(begun, DAY_US + 5_000_000) == {"age_seconds": 5, "whole": 0, "problems": 3}
    found = reviews(begun, DAY_US, sees=("ward",)).last
    assert (found.outcome, found.problems, found.took_s) == ("changed", 3, 1.5)
    assert [one.log for one in found.first] == ["", "ward"]
    assert (found.by, found.at_us, found.payloads) == ("controller", START_US + DAY_US, False)


def test_one_that_found_all_whole_is_late_after_two_days(begun):
    keep(begun, Review(Outcome.WHOLE), DAY_US)
    assert gauges(begun, DAY_US) == {"age_seconds": 0, "whole": 1, "problems": 0}
    assert not reviews(begun, 3 * DAY_US).late
    assert reviews(begun, 3 * DAY_US + 1).late


def test_where_the_policy_wants_none_nothing_is_late(begun):
    never = a_policy(review={"at": None})
    assert gauges(begun, 30 * DAY_US, never) == {"age_seconds": 0}
    assert reviews(begun, 30 * DAY_US, never) == telling.Reviews(None, late=False, last=None)
