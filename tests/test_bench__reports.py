"""The benchmark of the reports runs, and what it fills is what the reports read."""

import json

import pytest
from benches import bench
from click.testing import CliRunner
from rich.progress import Progress

from bench.trail import evidence, year
from cutover.cli.report import report
from mirror.journal.home import Home

REQUESTS = 4_000


def test_every_report_is_made_and_measured(tmp_path):
    with bench("reports") as reports:
        rows = list(reports.measured(tmp_path, reports.FEW, Progress(disable=True)))
    assert {str(one["name"]).rsplit("_", 1)[0] for one in rows} >= {
        "report_egress_csv", "report_egress_json", "report_access_csv", "report_access_json",
        "report_promotion_csv", "report_promotion_json", "pack_quarter", "pack_last_quarter",
    }  # fmt: skip
    assert all(float(str(one["value"])) > 0 for one in rows)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A small year."""
    home = Home.open(tmp_path_factory.mktemp("year") / "data")
    evidence.filled(home, REQUESTS, lambda text: None)
    return home


def test_all_evidence_of_a_year_stands_behind_a_move_and_comes_out_again(home):
    words = ["promotion", "--data", str(home.path), "--tenant", year.TENANT, "--json"]
    moves = json.loads(CliRunner().invoke(report, words).output)["moves"]
    assert [one["signal"] for one in moves] == [
        "start", "enter_canary", "widen", "go_live", "roll_back",
    ]  # fmt: skip
    assert {(one["evidence_again"], one["verdict_again"]) for one in moves[1:]} == {
        ("equal", "equal")
    }
    assert [one["actor"] for one in moves] == [
        "controller",
        "anna",
        "controller",
        "anna",
        "anna",
    ]


def test_a_year_has_its_requests_policies_and_looks(home):
    words = ["--data", str(home.path), "--tenant", year.TENANT, "--json"]
    told = {
        name: json.loads(CliRunner().invoke(report, [name, *words]).output)
        for name in ("egress", "access")
    }
    groups = told["egress"]["groups"]
    assert sum(one["requests"] for one in groups) == REQUESTS
    assert all(one["subject"] and one["in_force_by"] == "person-0" for one in groups)
    assert len(told["access"]["rows"]) == REQUESTS // year.AN_ACCESS_EVERY
