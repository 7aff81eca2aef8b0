"""What was measured last of each candidate."""

from dataclasses import replace

from cutover import accepted
from cutover.acceptance import measured
from cutover.accepted import Report
from cutover.people import CONTROLLER, Deed

ROW = {"name": "SOAP, p95", "target": {"at_most": 2.0}, "measured": 1.4, "n": 160}
FIRST = Report("clinic", "chat", "c" * 64, "t" * 64, "1" * 64, True, 100)
SECOND = replace(FIRST, sha256="2" * 64, targets="u" * 64, passed=False, at_us=200)


def kept(conn, *reports, rows=()):
    accepted.keep(conn, list(reports), Deed(CONTROLLER, reports[0].at_us, ""), {})
    if rows:
        measured.keep(conn, reports[0].sha256, 16, 160, rows)


def test_the_newest_report_counts_by_whatever_targets(store):
    with store.write() as conn:
        kept(conn, FIRST, rows=[ROW])
        kept(conn, SECOND, rows=[ROW | {"measured": 2.4}])
        found = measured.last(conn, [FIRST.candidate, "d" * 64])
    assert set(found) == {FIRST.candidate}
    one = found[FIRST.candidate]
    assert (one.sha256, one.targets, bool(one.passed)) == (SECOND.sha256, SECOND.targets, False)
    assert (one.concurrency, one.requests) == (16, 160)
    assert [row["measured"] for row in one.rows] == [2.4]


def test_of_a_report_from_before_only_the_outcome_is_known(store):
    with store.write() as conn:
        kept(conn, FIRST)
        one = measured.last(conn, [FIRST.candidate])[FIRST.candidate]
    assert (bool(one.passed), one.rows, one.requests) == (True, (), 0)


def test_a_report_is_kept_once_for_all_routes_it_is_of(store):
    other = replace(FIRST, route="reason", candidate="d" * 64)
    with store.write() as conn:
        kept(conn, FIRST, other, rows=[ROW])
        measured.keep(conn, FIRST.sha256, 16, 160, [ROW])
        found = measured.last(conn, [FIRST.candidate, other.candidate])
    assert [len(one.rows) for one in found.values()] == [1, 1]


def test_thousands_of_candidates_are_asked_about(store):
    with store.write() as conn:
        kept(conn, FIRST, rows=[ROW])
        many = [f"{number:064x}" for number in range(1_000)]
        assert set(measured.last(conn, [*many, FIRST.candidate])) == {FIRST.candidate}
