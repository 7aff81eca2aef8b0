"""Emergencies and drains in words."""

from __future__ import annotations

import json

import pytest
from fake_fleet import drain, emergency
from fake_rollouts import HOUR_US, NOW_US

from dashboards.clock import Clock
from dashboards.questions import switches
from dashboards.questions.switches import Switches
from dashboards.wire import read


def told(**on):
    return read(Switches, json.dumps({"drains": [], "emergencies": []} | on).encode())


def test_an_emergency_is_told_with_what_it_does_since_when_by_whom_and_why():
    [said] = switches.emergencies(told(emergencies=[emergency()]), NOW_US, Clock())
    assert said == (
        "Emergency all: everything goes to the primary, and nothing is widened. "
        "Since 2026-11-21 03:10 UTC, 1 h 0 min, by gina: Smoke in the GPU room"
    )


def test_an_emergency_of_one_clinic_says_whose_requests_go_to_the_primary():
    one = emergency(tenant="klinik-ipoh", name="klinik-ipoh")
    [said] = switches.emergencies(told(emergencies=[one]), NOW_US, Clock())
    assert said.startswith(
        "Emergency klinik-ipoh: everything of klinik-ipoh / every route goes to the primary"
    )


@pytest.mark.parametrize(
    ("until_us", "until"),
    [(0, "it is returned"), (NOW_US + HOUR_US, "2026-11-21 05:10 UTC")],
)
def test_a_drain_is_told_with_its_end_since_when_by_whom_and_why(until_us, until):
    [said] = switches.drains(told(drains=[drain(until_us=until_us)]), NOW_US, Clock())
    assert said == (
        f"gpu-1 is drained until {until}: it is sent nothing. "
        "Since 2026-11-21 03:10 UTC, 1 h 0 min, by farid: New driver"
    )


def test_whether_anything_is_switched_is_known():
    assert not told().any
    assert told(drains=[drain()]).any
    assert told(emergencies=[emergency()]).any
