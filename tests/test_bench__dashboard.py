"""The benchmark of what the dashboard asks, in its smallest size."""

import benches
import pytest


@pytest.mark.deep
def test_every_call_is_answered_and_told(monkeypatch):
    with benches.bench("dashboard") as module:
        monkeypatch.setattr(module, "EACH", 10)
        monkeypatch.setattr(module, "TIMES", 2)
        rows = list(module.measured(8))
    names = [row["name"] for row in rows]
    assert len(set(names)) == len(names) > 20
    assert all(row["target"] == "< 1" and row["value"] > 0 for row in rows)
