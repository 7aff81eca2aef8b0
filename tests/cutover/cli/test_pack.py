"""`crossfade report pack`, with an export that is another's to test."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cutover.cli import pack as module
from cutover.cli import report as reports
from cutover.cli.report import report
from cutover.reports import promoted
from mirror.journal import events
from mirror.journal.store import Store

DIFFERS = {"evidence_again": "differs", "verdict_again": "equal"}


class Export:
    """An export that was begun: it writes a bundle, and ends as it is told to."""

    code = 0

    def __init__(self):
        self.asked, self.ended, self.vouched = [], False, []

    def begin(self, words, pipe):
        self.asked = words
        return self

    def wait(self):
        path = next(one for one in self.asked if one.startswith("--out=")).removeprefix(
            "--out="
        )
        Path(path).write_text("a bundle")
        return self.code

    def terminate(self):
        self.ended = True


@pytest.fixture
def exported(monkeypatch):
    """What the export was asked for, and of what the log was to vouch."""
    export = Export()
    monkeypatch.setattr(module, "begun", export.begin)
    monkeypatch.setattr(module, "_vouch", lambda made, data: export.vouched.append(made))
    return export


@pytest.fixture
def store(home):
    store = Store.open(home.store_url)
    with store.write() as conn:
        for at_us in (1_790_870_400_000_000, 1_800_000_000_000_000):  # in 2026Q4, and after it
            events.append(
                conn, tenant="clinic", type="payload.viewed", actor={"kind": "human", "name": "rita"},
                object={"kind": "rollout", "id": "clinic/chat"}, at_us=at_us,
                details={"exchanges": 1, "exchange_ids": ["e1"]},
            )  # fmt: skip
    yield store
    store.close()


def pack(home, out, code=0):
    told = ["pack", "--tenant", "clinic", "--quarter", "2026Q4", "--out", str(out)]
    done = CliRunner().invoke(report, [*told, "--data", str(home.path)])
    assert done.exit_code == code, done.output + done.stderr
    return done


def test_a_pack_has_the_bundle_and_the_reports_of_one_quarter(home, store, exported, tmp_path):
    out = tmp_path / "pack"
    pack(home, out)
    names = {
        f"{name}.{form}"
        for name in ("egress", "access", "promotion")
        for form in ("csv", "json")
    }
    assert {one.name for one in out.iterdir()} == names | {"bundle.tar"}
    (row,) = csv.DictReader((out / "access.csv").open(newline=""))
    assert (row["actor"], row["exchange_ids"]) == ("rita", "e1")
    assert len(json.loads((out / "access.json").read_text())["rows"]) == 1
    assert exported.asked[:4] == [
        "export",
        "--tenant=clinic",
        "--from=2026-09-30T16:00:00.000000Z",
        "--to=2026-12-31T16:00:00.000000Z",
    ]
    assert not exported.ended
    assert [one.folder for one in exported.vouched] == [out]


def test_a_folder_that_cannot_be_made_is_said(home, store, exported, tmp_path):
    (tmp_path / "file").write_text("")
    assert "file" in pack(home, tmp_path / "file" / "pack", code=2).stderr


def test_evidence_is_computed_once_for_all_forms_of_a_report(
    home, store, exported, tmp_path, monkeypatch
):
    asked = []
    monkeypatch.setattr(reports, "_again", lambda *given: asked.append(given) or {})
    pack(home, tmp_path / "pack")
    assert len(asked) == 1
    pack(home, tmp_path / "another")
    assert len(asked) == 2


def test_what_left_is_read_once_for_all_forms_and_is_what_each_form_says_alone(
    home, store, exported, tmp_path, monkeypatch
):
    with store.write() as conn:
        for number in range(3):
            events.append(
                conn, tenant="clinic", type="egress.done", actor={"kind": "service", "name": "proxy"},
                object={"kind": "exchange", "id": f"e{number}"}, at_us=1_790_870_400_000_000 + number,
                details={"subject": f"P{number % 2}", "purpose": "serve", "upstream": "cloud", "sent_bytes": 7},
            )  # fmt: skip
    read, told = [], reports._told
    monkeypatch.setattr(reports, "_told", lambda *of: read.append(of[2]) or told(*of))
    pack(home, tmp_path / "pack")
    assert read.count(["egress.done"]) == 1
    for form in ("csv", "json"):
        words = ["egress", "--tenant", "clinic", "--from", "2026-09-30T16:00Z", f"--{form}"]
        words += ["--to", "2026-12-31T16:00Z", "--data", str(home.path)]
        alone = CliRunner().invoke(report, words).stdout_bytes
        assert (tmp_path / "pack" / f"egress.{form}").read_bytes() == alone
        assert b"P1" in alone


@pytest.mark.parametrize(("ends", "words"), [(2, ""), (-9, "ended by signal 9")])
def test_an_export_that_is_not_made_is_no_pack(home, store, exported, tmp_path, ends, words):
    exported.code = ends
    assert words in pack(home, tmp_path / "pack", code=2).stderr
    assert exported.vouched == []


def test_a_report_that_fails_ends_the_export_too(home, store, exported, tmp_path, monkeypatch):
    def fails(*given):
        raise SystemExit(2)

    monkeypatch.setattr(reports, "_again", fails)
    pack(home, tmp_path / "pack", code=2)
    assert exported.ended
    assert exported.vouched == []
    assert not (tmp_path / "pack" / "promotion.csv").exists()


def test_evidence_that_differs_ends_with_one_and_the_pack_is_whole(
    home, store, exported, tmp_path, monkeypatch
):
    monkeypatch.setattr(reports, "_moves", lambda *given: [DIFFERS])
    monkeypatch.setattr(promoted, "flat", lambda move: {name: "" for name in promoted.COLUMNS})
    pack(home, tmp_path / "pack", code=1)
    assert (tmp_path / "pack" / "bundle.tar").exists()
    assert exported.vouched
