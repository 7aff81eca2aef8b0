"""How a report is shown, written and kept."""

import json

import pytest
from rollouts import a_policy

from cutover import accepted
from cutover.acceptance.intervals import Estimate
from cutover.acceptance.report import Reached
from cutover.acceptance.rows import Row, Says
from cutover.cli import reporting
from mirror.journal.store import Store
from policies.routes import Route

ROW = Row(
    "SOAP, p95", 2, "s", True, Estimate(1.5, 1.2, float("inf"), 80), Says.PASS, "16 at once"
)
SERVER = {"upstream": "gpu", "way": "more replicas", "advice": "14 wait (limit 10)"}


@pytest.fixture
def found():
    rows = (ROW, Row("retrieval, p95", 150, "ms", True, None, Says.UNMEASURED))
    of = (a_policy(), "clinic", rows, 16, 160, frozenset([Route.CHAT]))
    return Reached(*of, 7, (SERVER,))


def test_the_table_has_each_target_and_the_way_to_scale(found, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    reporting.show(found)
    text = capsys.readouterr().out
    assert "candidates of clinic" in text and "NOT PRODUCTION" in text
    assert "<= 2 s" in text and "1.2 .. never" in text and "16 at once" in text
    assert "not measured" in text
    assert "gpu: more replicas: 14 wait (limit 10)" in text


def test_the_file_is_the_report_to_the_byte(found, tmp_path):
    reporting.write(tmp_path / "sub" / "one", found)
    assert (tmp_path / "sub" / "one.json").read_text() == found.text
    assert "<svg" in (tmp_path / "sub" / "one.svg").read_text()
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as end:
        reporting.write(tmp_path / "file" / "one", found)
    assert end.value.code == 2


def test_it_is_kept_in_the_store_with_who_did_it(found, home, capsys):
    Store.open(home.store_url).close()
    reporting.keep(found, home)
    assert found.sha256 in capsys.readouterr().err
    store = Store.open(home.store_url)
    with store.read() as conn:
        (kept,) = found.kept
        assert accepted.newest(conn, kept.candidate, kept.targets) == kept
        from mirror.journal import events

        (event,) = [json.loads(one.body) for one in events.read(conn, "clinic")]
    store.close()
    assert event["type"] == "acceptance.missed" and event["actor"]["name"].startswith("os:")
    assert event["reason"] == "160 requests, 16 at once"
