"""The sign on top of the pages that an emergency is on, or that a server is drained."""

from __future__ import annotations

import pytest
from fake_fleet import drain, emergency
from looking import words_on

from dashboards.questions import switches

EMERGENCY = "Emergency all: everything goes to the primary, and nothing is widened. Since 2026-11-21 03:10 UTC"
DRAINED = (
    "gpu-1 is drained until it is returned: it is sent nothing. Since 2026-11-21 03:10 UTC"
)
PAGES = ("board", "health", "capacity")


def icons(app):
    return [one.icon for one in (*app.error, *app.warning)]


@pytest.mark.parametrize("page", PAGES)
def test_an_emergency_and_a_drain_stand_on_top_with_words_and_a_sign(opened, control, page):
    control.told_of["/v1/switches"] = {"drains": [drain()], "emergencies": [emergency()]}
    app = opened(page, "token-mei")
    text = words_on(app)
    assert not app.exception
    assert EMERGENCY in text
    assert "by gina: Smoke in the GPU room" in text
    assert DRAINED in text
    assert "by farid: New driver" in text
    assert {":material/emergency_home:", ":material/power_off:"} <= set(icons(app))


@pytest.mark.parametrize("page", PAGES)
def test_where_nothing_is_switched_nothing_is_said_of_it(opened, page):
    text = words_on(opened(page, "token-mei"))
    assert "mergency" not in text
    assert "drained" not in text


def test_what_was_switched_stays_while_the_api_does_not_tell_it(opened, control):
    control.told_of["/v1/switches"] = {"drains": [], "emergencies": [emergency()]}
    app = opened("health", "token-mei")
    control.stop()
    assert EMERGENCY in words_on(app.run())


def test_what_was_never_told_is_said_to_be_unknown(opened, control):
    del control.told_of["/v1/switches"]
    text = words_on(opened("health", "token-mei"))
    assert switches.UNKNOWN in text
    assert "Nothing is wrong" not in text
