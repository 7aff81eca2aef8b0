"""The recorded sessions and the course of the evidence, on both engines."""

import pytest
from sqlalchemy.exc import IntegrityError

from cutover.evidence import course
from cutover.evidence.course import Evidence, Observation, Point, Traffic
from cutover.evidence.gates import WARN_AT
from policies.policy import Terms

KEY = ("clinic", "chat")


def record(conn, epoch, observations):
    evidence = Evidence()
    evidence.add(KEY, epoch, observations)
    course.write(conn, [evidence])


def keep(conn, point):
    evidence = Evidence()
    evidence.add_point(KEY, point)
    course.write(conn, [evidence])


def test_observations_come_back_in_the_order_of_their_numbers(store):
    many = [Observation(n, f"s{n}", n * 10, 99, {"badness": [0.5, None]}) for n in (2, 1, 3)]
    with store.write() as conn:
        record(conn, 1, many)
        record(conn, 2, [])
    with store.read() as conn:
        assert course.observations(conn, KEY, 1) == sorted(many, key=lambda one: one.number)
        assert course.observations(conn, KEY, 2) == []
        assert course.sessions(conn, KEY, 1) == 3
        assert course.sessions_since(conn, 20) == 2


def test_the_course_is_thinned_and_keeps_its_newest_point(store):
    gates = {"errors": {"for": 0.1, "against": 0.0}}
    with store.write() as conn:
        for n in range(1, 701):
            keep(conn, Point(1, n, n, gates))
        keep(conn, Point(1, 700, 999, gates))  # known already
    with store.read() as conn:
        points = course.points(conn, KEY)
        assert len(points) <= course.POINTS
        assert points[-1] == Point(1, 700, 700, gates)
        assert course.points(conn, KEY, since_epoch=2) == []


def test_evidence_of_several_rollouts_is_written_together_and_once(store):
    point = Point(1, 1, 1, {"errors": {"for": 0.1, "against": 0.0}})
    both = [Evidence(), Evidence()]
    assert not any(both)
    for key, evidence in zip((KEY, ("other", "chat")), both, strict=True):
        evidence.add(key, 1, [Observation(1, "s", 10, 99, {})])
        evidence.add_point(key, point)
    with store.write() as conn:
        course.write(conn, both)
        course.write(conn, [])
    with store.read() as conn:
        assert course.sessions(conn, ("other", "chat"), 1) == 1
        assert course.points(conn, KEY) == [point]
    with pytest.raises(IntegrityError), store.write() as conn:
        course.write(conn, both)  # a number that is there already


def test_the_fleets_traffic_is_counted_every_ten_minutes(store):
    traffic, now = Traffic(production=True), 10**15
    sessions = [Observation(n, f"s{n}", now - 5, now, {}) for n in range(1, 1_001)]

    def level():
        return traffic.alarm(Terms(), live=True)

    with store.write() as conn:
        record(conn, 1, sessions)
        traffic.look(conn, now)
        assert level() == 90_000
        record(conn, 2, sessions)
        traffic.look(conn, now + 600_000_000)
        assert level() == 90_000
        traffic.look(conn, now + 600_000_001)
        assert level() == 180_000
    assert traffic.alarm(Terms(), live=False) == WARN_AT
