"""Health in sentences and rows."""

from __future__ import annotations

import json
from dataclasses import replace

import fake_fleet
import pytest

from dashboards.clock import Clock
from dashboards.questions import health
from dashboards.questions.health import Health
from dashboards.wire import read

FOUND = read(Health, json.dumps(fake_fleet.health()).encode())


def test_a_proxy_that_is_behind_is_told():
    assert health.troubles(FOUND) == [
        "proxy-2 obeys route table 11 of turn 3, which is not the newest: a newer one is published."
    ]
    assert [row["state"] for row in health.proxy_rows(FOUND, Clock())] == [
        "✓ newest",
        "✗ behind",
    ]


@pytest.mark.parametrize(
    ("part", "change", "says"),
    [
        ("controller", {"acting": False}, "does not act"),
        ("controller", {"trouble": "the disk is full"}, "the disk is full"),
        ("ledger", {"adds_up": False}, "does not add up"),
        ("ledger", {"gaps": 2}, "2 gaps in the records"),
    ],
)
def test_what_is_wrong_comes_first(part, change, says):
    worse = replace(FOUND, **{part: replace(getattr(FOUND, part), **change)})
    assert says in health.troubles(worse)[0]


def test_the_numbers_have_units_and_what_is_unknown_says_so():
    assert dict(health.figures(FOUND)) == {
        "Controller": "✓ acts", "Last tick took": "41 ms", "Proxies here": "2", "Spool": "1.5 MB",
        "Event log": "✓ signed", "Work that waits": "37", "Oldest of it": "42 s",
    }  # fmt: skip
    unknown = replace(
        FOUND, queues=(), spool=health.Spool(None, "no"), proxies=health.Proxies((), "no"),
        controller=replace(FOUND.controller, last_tick_s=None),
    )  # fmt: skip
    told = dict(health.figures(unknown))
    assert (told["Spool"], told["Proxies here"], told["Last tick took"]) == (
        "unknown", "unknown", "none yet",
    )  # fmt: skip


def test_work_names_who_holds_it():
    assert [row["held by"] for row in health.queue_rows(FOUND)] == ["worker-1 (8)", "nobody"]


def test_the_ledger_ends_with_its_sum():
    assert health.ledger_rows(FOUND.ledger)[-1] == {
        "requests": "seen (✓ adds up)",
        "number": 4_014,
    }


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bytes"), (999, "999 bytes"), (2_500, "2.5 kB"), (3 * 10**9, "3.0 GB")]
)  # fmt: skip
def test_a_size_has_its_unit(count, text):
    assert health.size(count) == text


@pytest.mark.parametrize(
    ("signing", "figure", "says"),
    [
        (
            {"ever": False},
            "✗ never signed",
            "The event log was never signed: `crossfade run signer`",
        ),
        (
            {"waits_s": 400.0},
            "✗ waits",
            "Events have waited for their signature for 6 min 40 s",
        ),
        (
            {"refused": (health.Refused("clinic", 1, "it lost signed events"),)},
            "✗ refused",
            "signs the event log of clinic no further: it lost signed events.",
        ),
        (
            {"refused": (health.Refused("", 1, "it lost signed events"),)},
            "✗ refused",
            "signs the event log of the deployment no further",
        ),
    ],
)
def test_a_log_that_is_not_signed_is_told_with_what_to_do(signing, figure, says):
    worse = replace(FOUND, signing=replace(FOUND.signing, **signing))
    assert dict(health.figures(worse))["Event log"] == figure
    assert says in health.troubles(worse)[-1]


def test_a_review_that_is_late_or_found_something_is_told():
    late = replace(FOUND, reviews=replace(FOUND.reviews, late=True))
    assert "not reviewed for two days" in health.troubles(late)[-1]
    last = replace(FOUND.reviews.last, outcome="changed", problems=1)
    worse = replace(FOUND, reviews=replace(FOUND.reviews, last=last))
    assert "some of it was changed (1 problem)" in health.troubles(worse)[-1]


def test_a_key_that_cannot_be_had_is_told_by_its_tenant():
    worse = replace(FOUND, keys_missing=("clinic",))
    assert health.troubles(worse)[-1].startswith("A key of clinic could not be had")
