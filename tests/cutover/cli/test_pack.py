"""`crossfade report pack`, with an export that is another's to test."""

import csv
import json

import click
import pytest
from click.testing import CliRunner

from cutover import cli
from cutover.cli.report import report
from mirror.journal import events
from mirror.journal.store import Store


@pytest.fixture
def exported(monkeypatch):
    """What the export was asked for."""
    asked = {}

    @click.command()
    def export(**told):
        asked.update(told)
        told["out"].write_text("a bundle")

    found = cli.cli.get_command
    monkeypatch.setattr(
        cli.cli,
        "get_command",
        lambda ctx, name: export if name == "export" else found(ctx, name),
    )
    return asked


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
    assert (exported["tenant"], exported["profile"]) == ("clinic", "redacted")
    assert exported["to_us"] - exported["from_us"] == 92 * 86_400_000_000


def test_a_folder_that_cannot_be_made_is_said(home, store, exported, tmp_path):
    (tmp_path / "file").write_text("")
    assert "file" in pack(home, tmp_path / "file" / "pack", code=2).stderr


def test_evidence_is_computed_once_for_all_forms_of_a_report(
    home, store, exported, tmp_path, monkeypatch
):
    from cutover.cli import report as module

    asked = []
    monkeypatch.setattr(module, "_again", lambda *given: asked.append(given) or {})
    pack(home, tmp_path / "pack")
    assert len(asked) == 1
    pack(home, tmp_path / "another")
    assert len(asked) == 2
