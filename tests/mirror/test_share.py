"""Which sessions a share gives to the candidate."""

from hypothesis import example, given
from hypothesis import strategies as st

from mirror.exchange import Side
from mirror.route_table import Standing
from mirror.share import PLACES, bucket, given_side, part, within

SESSIONS = [f"s{number}" for number in range(20_000)]


def standing(stage, share=0.0):
    return Standing("clinic", "chat", stage, share, epoch=2, salt="salt")


@given(st.floats(0, 100))
@example(0.07)  # times 100 it is a little more than 7
@example(0.005)
def test_the_part_of_a_share_is_that_of_the_places_within_it(percent):
    inside = sum(place < percent * 100 for place in range(PLACES))
    assert part(percent) == inside / PLACES


def test_a_session_has_one_place_and_another_under_another_salt():
    assert bucket("a", "s1") == bucket("a", "s1")
    same = sum(bucket("a", session) == bucket("b", session) for session in SESSIONS)
    assert same < 20  # two of 20,000 by chance


def test_a_share_gives_the_candidate_its_part():
    given = sum(
        given_side(standing("canary", 5.0), session) is Side.CANDIDATE for session in SESSIONS
    )
    assert abs(given / len(SESSIONS) - part(5.0)) < 0.005
    assert sum(within(5.0, "salt", session) for session in SESSIONS) == given


def test_only_canary_and_live_give_it_any():
    for stage, share in (("off", 100.0), ("mirror", 100.0), ("rolled_back", 100.0)):
        assert given_side(standing(stage, share), "s1") is Side.PRIMARY
    assert given_side(None, "s1") is Side.PRIMARY
    assert given_side(standing("canary", 100.0), "s1") is Side.CANDIDATE
    assert given_side(standing("live"), "s1") is Side.CANDIDATE
