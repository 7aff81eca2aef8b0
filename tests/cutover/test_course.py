"""The recorded sessions and the course of the evidence, on both engines."""

from cutover import course
from cutover.course import Observation, Point

KEY = ("clinic", "chat")


def test_observations_come_back_in_the_order_of_their_numbers(store):
    many = [Observation(n, f"s{n}", n * 10, 99, {"badness": [0.5, None]}) for n in (2, 1, 3)]
    with store.write() as conn:
        course.add_observations(conn, KEY, 1, many)
        course.add_observations(conn, KEY, 2, [])
    with store.read() as conn:
        assert course.observations(conn, KEY, 1) == sorted(many, key=lambda one: one.number)
        assert course.observations(conn, KEY, 2) == []
        assert course.sessions(conn, KEY, 1) == 3
        assert course.sessions_since(conn, 20) == 2


def test_the_course_is_thinned_and_keeps_its_newest_point(store):
    gates = {"errors": {"for": 0.1, "against": 0.0}}
    with store.write() as conn:
        for n in range(1, 701):
            course.add_point(conn, KEY, Point(1, n, n, gates))
        course.add_point(conn, KEY, Point(1, 700, 999, gates))  # known already
    with store.read() as conn:
        points = course.points(conn, KEY)
        assert len(points) <= course.POINTS
        assert points[-1] == Point(1, 700, 700, gates)
        assert course.points(conn, KEY, since_epoch=2) == []
