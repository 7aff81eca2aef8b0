from dataclasses import replace

from papers import ABOUT

from cutover.exports.about import moment


def test_a_moment_is_told_by_both_clocks_and_both_dates():
    assert moment(1_795_000_000_000_000) == "2026-11-18 11:06:40 UTC (19:06:40 +08:00)"
    assert (
        moment(1_795_035_600_000_000) == "2026-11-18 21:00:00 UTC (2026-11-19 05:00:00 +08:00)"
    )
    assert moment(-1) == "never"


def test_every_page_tells_which_export_it_is_of_and_what_signs_for_it():
    for said in (ABOUT.export_id, ABOUT.origin, ABOUT.end_root, "11 to 20"):
        assert said in ABOUT.foot


def test_an_empty_range_and_the_deployments_own_log_are_told_as_such():
    assert replace(ABOUT, last_seq=10).events == "no event"
    assert replace(ABOUT, tenant="").whose == "the deployment itself"
    assert ABOUT.whose == "tenant clinic"
