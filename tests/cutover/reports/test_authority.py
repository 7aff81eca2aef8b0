import json

from papers import NOW_US, event

from cutover.reports.authority import UNKNOWN, Authority
from cutover.reports.placing import Signed, Span


def applied(at_us, after, by, seq=1):
    actor = {"kind": "human", "name": by}
    said = event(
        "policy.applied",
        at_us=at_us,
        actor=actor,
        details={"before": None, "after": after},
        seq=seq,
    )
    return json.loads(said)


FOUND = Authority([applied(NOW_US + 10, "bb", "os:ben"), applied(NOW_US, "aa", "os:anna")])


def test_the_policy_in_force_is_the_last_one_that_was_applied_before():
    assert (FOUND.at(NOW_US).sha256, FOUND.at(NOW_US).by) == ("aa", "os:anna")
    assert FOUND.at(NOW_US + 9).sha256 == "aa"
    assert (FOUND.at(NOW_US + 10).sha256, FOUND.at(NOW_US + 10).by) == ("bb", "os:ben")
    assert FOUND.at(NOW_US).since.startswith("2026-11-18T11:06:40")


def test_before_the_first_one_on_record_nobody_is_known():
    assert FOUND.at(NOW_US - 1) is UNKNOWN and UNKNOWN.since == ""


HOUR_US = 3_600_000_000
OF_2096_US = 4_000_000_000_000_000


def test_a_policy_of_a_wrong_clock_counts_from_when_it_was_recorded_and_says_so():
    hours = [NOW_US + hour * HOUR_US for hour in range(4)]
    signed = Signed((1, 2, 3), hours[1:])
    for wrong_us in (OF_2096_US, NOW_US - 30 * HOUR_US):
        found = Authority(
            [applied(hours[1], "aa", "os:anna", 1), applied(wrong_us, "bb", "os:ben", 2), applied(hours[3], "cc", "os:cora", 3)],
            signed,
        )  # fmt: skip
        assert [found.at(at_us).sha256 for at_us in hours] == ["", "aa", "bb", "cc"]
        assert (
            "a wrong clock's: recorded between 2026-11-18T12:06:40" in found.at(hours[2]).since
        )
        assert found.at(hours[1]).since == "2026-11-18T12:06:40.000000Z"


def test_a_policy_that_mends_one_of_a_wrong_clock_is_in_force_from_then_on():
    second_us = 1_000_000
    signed = Signed((1, 3), (NOW_US, NOW_US + 60 * second_us))
    wrong = applied(OF_2096_US, "bb", "os:ben", 2)
    for mended in (
        applied(NOW_US + 20 * second_us, "cc", "os:ben", 3),
        applied(OF_2096_US - 1, "cc", "os:ben", 3),
    ):
        told = [applied(NOW_US - second_us, "aa", "os:anna", 1), wrong, mended]
        for order in (told, told[::-1]):
            found = Authority(order, signed)
            assert found.at(NOW_US).sha256 == "aa"
            for seconds in (60, 3600, 86_400):
                assert found.at(NOW_US + seconds * second_us).sha256 == "cc"
    assert "a wrong clock's" in found.at(NOW_US + 60 * second_us).since


def test_doubt_is_told_where_a_clock_was_ahead_and_where_a_late_record_may_be_anothers():
    recorded = Span(NOW_US + HOUR_US, NOW_US + HOUR_US + 60_000_000)
    assert FOUND.doubt(NOW_US + HOUR_US + 1, recorded) == ""
    assert FOUND.doubt(NOW_US + 11, recorded) == "", "it came late, and the policy was the same"
    late = FOUND.doubt(NOW_US + 9, recorded)
    assert late.startswith("a clock was wrong, or it came late: recorded between ")
    assert late.endswith(", under policy bb of os:ben")
    ahead = FOUND.doubt(OF_2096_US, recorded)
    assert ahead.startswith("its time is a wrong clock's: recorded between 2026-11-18T12:06:40")
    assert "under" not in ahead
    early = Span(0, NOW_US - HOUR_US)
    assert FOUND.doubt(NOW_US, early).endswith(", under no policy on record")
    assert FOUND.doubt(OF_2096_US, Span()) == "", "it is not signed yet"
