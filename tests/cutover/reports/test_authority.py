import json

from papers import NOW_US, event

from cutover.reports.authority import UNKNOWN, Authority


def applied(at_us, after, by):
    actor = {"kind": "human", "name": by}
    said = event(
        "policy.applied", at_us=at_us, actor=actor, details={"before": None, "after": after}
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
