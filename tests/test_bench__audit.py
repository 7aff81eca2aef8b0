"""The benchmark of the event log: what it appends is a log, and what it compares with is none."""

import asyncio
import json
import math
import random
import sys

import benches
import pytest

from bench.trail import append, export, tampering, throughput
from mirror.journal import chain
from mirror.journal.home import Home
from mirror.journal.store import Store


@pytest.fixture(scope="module")
def audit():
    """bench/audit.py, as a module."""
    with benches.bench("audit") as module:
        yield module


def test_what_is_appended_is_a_whole_log_of_each_tenant(tmp_path):
    rate = append.measured(tmp_path / "log", append.logged, 50, batch=20)
    assert rate.wall > 0 and rate.cpu > 0
    store = Store.open(f"sqlite:///{tmp_path / 'log' / 'store.db'}")
    with store.read() as conn:
        whole = {of: list(chain.checked(conn, of))[-1] for of in chain.tenants(conn)}
    store.close()
    assert sum(whole.values()) == 50
    assert len(whole) == append.TENANTS


def test_plain_rows_are_written_as_often(tmp_path):
    append.measured(tmp_path / "plain", append.plain, 30)
    store = Store.open(f"sqlite:///{tmp_path / 'plain' / 'store.db'}")
    with store.read() as conn:
        assert len(conn.execute(append.PLAIN.select()).all()) == 30
    store.close()


def test_a_proxy_answers_every_request_with_the_log_on_and_off(tmp_path):
    found = asyncio.run(throughput.measured(tmp_path, 2, 0.5, lambda text: None))
    assert set(found) == set(throughput.KINDS)
    for turns in found.values():
        assert [set(one) for one in turns] == [set(throughput.DOORS)] * 2
        every = [seen for one in turns for seen in one.values()]
        assert all(seen.rps > 0 and seen.failed == 0 for seen in every)
    assert _on_record(tmp_path / throughput.ON) > 0
    assert _on_record(tmp_path / throughput.OFF) == 0


def _on_record(folder):
    """How many bytes of records a deployment has, in its store or on their way there."""
    data = folder / "data"
    return sum(file.stat().st_size for file in data.glob("spool/*/*.seg")) + sum(
        file.stat().st_size for file in data.glob("store.db-wal")
    )


def test_a_bundle_is_made_and_verified_by_the_commands_and_what_they_take_is_told(tmp_path):
    home = Home.open(tmp_path / "data")
    export.filled(home, 20, lambda text: None)
    with export.signing(home, tmp_path / "signer.log"):
        made = export.exported(home, tmp_path / "bundle.tar", 20)
    checked = export.verified(tmp_path / "bundle.tar", tmp_path)
    assert made.seconds > 0 and made.peak_mb > 1
    assert 0 < checked.peak_mb < made.peak_mb


def test_a_command_that_fails_is_told_with_what_it_said(tmp_path):
    words = [sys.executable, "-c", "raise SystemExit('no bundle here')"]
    with pytest.raises(RuntimeError, match="no bundle here"):
        export.cost(words, tmp_path / "log")


def test_the_peak_of_a_command_is_its_own_and_not_that_of_a_large_process_that_starts_it(
    tmp_path,
):
    here = bytearray(b"x") * 300_000_000
    took = export.cost([sys.executable, "-S", "-c", "pass"], tmp_path / "log")
    assert 1 < took.peak_mb < len(here) / 1e6


def test_of_a_few_tampers_every_one_is_named_and_no_honest_bundle_suspected():
    seen = tampering.found(21, lambda text: None)
    assert (seen.tried, seen.named, seen.false_alarms) == (21, 21, 0)
    assert seen.honest > 0


def test_a_row_says_whether_its_target_is_held(audit):
    assert audit.row("a", 0.95, "ratio", ">= 0.9")["holds"] is True
    assert audit.row("a", 301, "MB", "<= 300")["holds"] is False
    assert audit.row("a", 1, "")["holds"] is None


def test_what_the_machine_does_from_turn_to_turn_is_no_part_of_a_starts_ratio(audit):
    off = [[500, 250, 1000], [300, 300, 300]]
    on = [[450, 225, 900], [150, 240, 300]]
    assert audit._ratios(on, off) == pytest.approx([0.9, 0.8])


@pytest.mark.parametrize(
    ("count", "between"),
    [
        (1, None),
        (5, None),
        (6, (1, 6)),
        (9, (2, 8)),
        (10, (2, 9)),
        (15, (4, 12)),
        (60, (22, 39)),
    ],
)  # tables of the sign test
def test_a_median_is_told_with_what_it_may_be_where_there_are_enough(audit, count, between):
    assert audit._between(range(count, 0, -1)) == between


def test_in_nineteen_of_twenty_draws_the_median_is_between_what_is_told(audit):
    draw = random.Random(7)
    told = [audit._between([draw.expovariate(1) for _ in range(60)]) for _ in range(2000)]
    within = sum(least < math.log(2) < most for least, most in told)
    assert 0.95 < within / len(told) < 0.99


def test_the_rows_of_the_logs_cost_are_of_all_starts_and_say_on_against_off(
    audit, tmp_path, monkeypatch
):
    asked = []

    async def measured(folder, turns, seconds, step):
        asked.append(folder)
        rate = {"on": 900.0 if len(asked) == 1 else 800.0, "alone": 950.0, "off": 1000.0}
        one = {log: throughput.Seen(rps, 1, 1e6 / rps) for log, rps in rate.items()}
        return {log: [dict.fromkeys(throughput.DOORS, one[log])] * turns for log in one}

    monkeypatch.setattr(throughput, "measured", measured)
    sizes = audit.Sizes(starts=3, turns=2)
    rows = {row["name"]: row for row in audit.carried(tmp_path, sizes, lambda text: None)}
    assert len(set(asked)) == 3
    for name, value, holds in [
        ("log_on_rps_ratio", 0.8, False),
        ("log_on_rps_ratio_direct", 0.8, None),
        ("log_alone_rps_ratio_front", 0.95, None),
        ("log_on_cpu_ratio_front", 0.8, None),
        ("log_failed_requests", 3 * 3 * 2 * 2, False),
    ]:
        assert (rows[name]["value"], rows[name]["holds"]) == (pytest.approx(value), holds), name
    assert "800/s against 1,000/s, 3 starts of 2 turns" in rows["log_on_rps_ratio"]["note"]


def test_results_and_a_chart_of_the_ratios_are_written(audit, tmp_path):
    audit.kept([audit.row("log_on_rps_ratio", 0.97, "ratio", ">= 0.9")], tmp_path)
    told = json.loads((tmp_path / "audit.json").read_text())
    assert told["rows"][0]["name"] == "log_on_rps_ratio"
    assert "log_on_rps_ratio" in (tmp_path / "audit.svg").read_text()


def test_what_was_not_measured_again_stays_as_it_was(audit, tmp_path):
    audit.kept([audit.row(name, 1, "s") for name in ("first", "second")], tmp_path)
    audit.kept([audit.row(name, 2, "s") for name in ("second", "third")], tmp_path)
    rows = json.loads((tmp_path / "audit.json").read_text())["rows"]
    assert [(one["name"], one["value"]) for one in rows] == [
        ("first", 1), ("second", 2), ("third", 2),
    ]  # fmt: skip
