"""The Exports page tells of bundles that were made at the controller's machine too."""

from __future__ import annotations

from fake_fleet import event
from looking import words_on

from dashboards.questions import made

VIEW = {"view": "Exports"}
DETAILS = {"from_us": 0, "to_us": 1, "profile": "redacted", "purpose": "Audit", "events": 7}


def created(number, **other):
    return event(number, type=made.TYPE, details=DETAILS | other)


def test_a_bundle_that_nobody_asked_for_here_is_told_with_nothing_to_take(opened, control):
    control.exports.clear()
    control.log[:] = [created(9, manifest_sha256="ab" * 32), created(8, order="e1")]
    app = opened("audit", "token-cora", **VIEW)
    text = words_on(app)
    assert "No export was asked for here." in text
    assert "Made at the controller's machine" in text and "ab" * 32 in text
    assert "Event klinik-penang/9" in text and "Event klinik-penang/8" not in text
    assert not [one for one in app.button if one.label == "Fetch the bundle"]
    asked = [query for _, path, _, query in control.calls if path == "/v1/events"]
    assert asked == [made.QUERY]


def test_where_there_is_none_that_is_said_and_older_ones_are_not_denied(
    opened, control, monkeypatch
):
    control.log[:] = []
    assert "None in the logs that you may read." in words_on(
        opened("audit", "token-cora", **VIEW)
    )
    page = {"events": [created(9, order="e1")], "next": "more"}
    monkeypatch.setattr("fake_fleet.log", lambda all, query: page)
    assert "None among the latest 50." in words_on(opened("audit", "token-cora", **VIEW))


def test_one_state_of_those_that_were_asked_for_has_nothing_of_these(opened, control):
    control.log[:] = [created(9)]
    text = words_on(opened("audit", "token-cora", state="done", **VIEW))
    assert "Made at the controller's machine" not in text
