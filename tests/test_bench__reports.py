"""The benchmark of the reports runs, and what it fills is what the reports read."""

import json

from benches import bench
from click.testing import CliRunner
from rich.progress import Progress

from bench.trail import year
from cutover.cli.report import report
from mirror.journal.home import Home


def test_every_report_is_made_and_measured(tmp_path):
    with bench("reports") as reports:
        rows = list(reports.measured(tmp_path, 40, Progress(disable=True)))
    assert {str(one["name"]).rsplit("_", 1)[0] for one in rows} >= {
        "report_egress_csv", "report_egress_json", "report_access_csv", "report_access_json",
    }  # fmt: skip
    assert all(float(str(one["value"])) > 0 for one in rows)


def test_a_year_has_its_requests_policies_and_looks(tmp_path):
    home = Home.open(tmp_path / "data")
    year.filled(home, 1_000, lambda text: None)
    words = ["--data", str(home.path), "--tenant", year.TENANT, "--json"]
    told = {
        name: json.loads(CliRunner().invoke(report, [name, *words]).output)
        for name in ("egress", "access")
    }
    groups = told["egress"]["groups"]
    assert sum(one["requests"] for one in groups) == 1_000
    assert all(one["subject"] and one["in_force_by"] == "person-0" for one in groups)
    assert len(told["access"]["rows"]) == 3
