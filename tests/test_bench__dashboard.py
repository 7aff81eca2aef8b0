"""The benchmark of the dashboard's pages in its smallest size, its picture, and the pictures of the pages."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import benches
import pytest

import dashboards
from bench.screens import asked, camera, chart, drawn

ROOT = Path(__file__).parent.parent
PAGES = {path.stem for path in Path(dashboards.__file__).parent.glob("screens/*.py")}


def a_row(page, value):
    holds = value < 1
    return {"name": f"drawn_{page}_p95_s", "value": value, "target": "< 1", "holds": holds}


@pytest.mark.deep
@pytest.mark.timeout(600)
def test_every_question_is_answered_and_every_page_drawn(monkeypatch):
    with benches.bench("dashboard") as module:
        for name, value in {"EACH": 10, "TIMES": 2, "DRAWS": 2}.items():
            monkeypatch.setattr(module, name, value)
        rows = list(module.measured(80))
        worst = module.worst(rows, "drawn_", "page_p95_s")
    names = [row["name"] for row in rows]
    assert len(set(names)) == len(names)
    assert {name for name in names if name.startswith("drawn_")} == {
        f"drawn_{page}_p95_s" for page in PAGES
    }
    assert all(row["target"] == "< 1" and row["value"] > 0 for row in rows)
    assert worst["value"] == max(row["value"] for row in rows if "drawn_" in row["name"])


def test_a_log_is_told_how_far_a_run_is_every_ten_seconds():
    with benches.bench("dashboard") as module:
        now, lines = [5.0], []
        step = module.logged(lines.append, lambda: now[0])
        for now[0] in (5.0, 6.0, 14.9, 15.0, 16.0, 60.0):
            step(f"at {now[0]:g}")
    assert lines == ["     0 s  at 5", "    10 s  at 15", "    55 s  at 60"]


def test_every_page_is_drawn_and_every_path_that_a_page_reads_is_asked():
    assert set(drawn.queries(["clinic-00000"], [1])) == PAGES
    paths = {path.split("?")[0] for _, path in asked.calls("clinic-00000", 1)}
    read = set()
    for path in Path(dashboards.__file__).parent.rglob("*.py"):
        read |= set(re.findall(r'"(/v1/[a-z/-]+)"', path.read_text()))
    only_written = {
        "/v1/sign-in",
        "/v1/sessions",
        "/v1/sessions/handovers",
        "/v1/refusals",
        "/v1/erasures",
        "/v1/freezes/breaks",
    }
    of_other_policies = {"/v1/targets"}  # the bench's has none
    assert read - only_written - of_other_policies - {"/v1/me"} <= paths


def test_the_picture_has_a_bar_for_each_page_and_marks_what_misses():
    rows = [a_row("board", 0.4), a_row("rollout", 1.3)]
    text = chart.svg(rows, "a <note>")
    bars = [one for one in ET.fromstring(text).iter() if one.tag.endswith("rect")]
    assert len(bars) == 3  # the ground, and one each
    assert "1.30 missed" in text and "0.40 missed" not in text
    assert chart.table(rows).splitlines()[2] == "| Rollout | 1.30 s | < 1 s | **missed** |"


def test_the_docs_show_what_the_last_whole_run_found():
    rows = json.loads((ROOT / "bench/results/dashboard.json").read_text())["rows"]
    assert chart.table(rows) in (ROOT / "docs/dashboard.md").read_text()
    slowest = max(chart.drawn(rows), key=lambda one: one["value"])
    assert rows[0]["name"] == "page_p95_s" and rows[0]["value"] == slowest["value"]


def test_every_page_has_its_pictures_in_the_docs():
    text = (ROOT / "docs/dashboard.md").read_text()
    for page in PAGES:
        for theme in camera.THEMES:
            assert f"screens/{page}-{theme}.png" in text
    for shown in re.findall(r"\]\((screens/[^)]+)\)", text):
        assert (ROOT / "docs" / shown).stat().st_size < 150_000, shown
