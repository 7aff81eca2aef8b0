"""Exports in words."""

from __future__ import annotations

import json
from datetime import date

import fake_exports
from fake_rollouts import HOUR_US, NOW_US

from dashboards.clock import Clock
from dashboards.me import Me
from dashboards.questions import exports
from dashboards.questions.exports import Order, Search
from dashboards.wire import read

CORA, LEE = Me("cora", ("compliance",)), Me("lee", ("lead",))
ASKED = {"tenant": " a ", "profile": "full", "ticket": "", "clock": Clock("Asia/Kuala_Lumpur")}


def made(*allowed, **other):
    one = fake_exports.order(1, **other) | {"allowed": list(allowed)}
    return read(Order, json.dumps(one).encode())


def test_days_are_asked_for_whole_on_the_clinics_clock():
    day = date(2026, 11, 21)
    body = exports.wanted(first=day, last=day, **ASKED)
    assert (body["tenant"], body["to_us"] - body["from_us"]) == ("a", 24 * HOUR_US)
    assert "ticket" not in body
    assert exports.wanted(first=day, last=date.max, **ASKED)["to_us"] > body["to_us"]


def test_what_is_missing_or_backwards_is_said():
    day = date(2026, 11, 21)
    assert "Choose the first day" in exports.wanted(first=None, last=day, **ASKED)
    assert "lies before the first" in exports.wanted(
        first=day, last=date(2026, 11, 20), **ASKED
    )


def test_who_asked_cannot_approve_and_is_told_so_and_others_whom_to_ask():
    waits = made(expires_us=NOW_US + HOUR_US)
    assert exports.onward(waits, CORA, NOW_US, Clock()) == (
        "You asked for it, so somebody else has to approve it. It ends by itself in 1 h 0 min."
    )
    assert exports.onward(waits, LEE, NOW_US, Clock()).startswith(
        "Approving it needs the role compliance or lead."
    )
    mine = made("approve", expires_us=NOW_US)
    assert exports.onward(mine, LEE, NOW_US, Clock()) == "It has waited too long."


def test_how_it_went_is_told_in_sentences():
    told = exports.story(made(), NOW_US, Clock())
    assert told == ["cora asked for it, 2026-11-21 03:10 UTC, ticket CHG-4711: Quarterly audit"]
    running = made(
        state="running", started_us=NOW_US - 61_000_000, approved_by="dewi", approved_us=NOW_US
    )
    assert exports.story(running, NOW_US, Clock())[1:] == [
        "dewi approved it, 2026-11-21 04:10 UTC.", "It has been made for 1 min 1 s.",
    ]  # fmt: skip
    failed = made(
        state="failed", ended_us=NOW_US, ended_by="controller", reason="the disk is full"
    )
    assert exports.story(failed, NOW_US, Clock())[1:] == [
        "It ended: controller, 2026-11-21 04:10 UTC: the disk is full"
    ]
    done = made(state="done", sha256="9f", bytes=1_200_000)
    assert exports.story(done, NOW_US, Clock())[1:] == ["1.2 MB, SHA-256 9f"]


def test_what_comes_of_a_bundle_is_said():
    kept = made("download", state="done", kept_until_us=NOW_US)
    assert (
        exports.onward(kept, CORA, NOW_US, Clock()) == "It is kept until 2026-11-21 04:10 UTC."
    )
    other = made(state="done", kept_until_us=NOW_US)
    assert exports.onward(other, LEE, NOW_US, Clock()).startswith(
        "Taking it needs the role compliance."
    )
    gone = made(state="done", deleted_us=NOW_US)
    assert "was deleted, 2026-11-21 04:10 UTC. Ask for the export again." in exports.onward(
        gone, CORA, NOW_US, Clock()
    )
    assert exports.onward(made(state="withdrawn"), CORA, NOW_US, Clock()) == ""


def test_every_state_has_words_and_an_unknown_one_its_name():
    assert {exports.state(made(state=one)) for one in exports.STATES} == set(
        exports.STATES.values()
    )
    assert exports.state(made(state="on_the_moon")) == "on the moon"
    assert exports.any_unended((made(),))
    assert not exports.any_unended((made(state="done"),))
    assert exports.moving((made(),)) != exports.moving((made(state="done"),))


def test_an_address_leads_to_no_path_but_its_exports():
    assert exports.path_of("ab_-9") == "/v1/exports/ab_-9"
    for nonsense in ("", "../me", "a/b", "a?b", "a" * 65):
        assert exports.path_of(nonsense) == "/v1/exports/-"
    assert exports.by_command(made(), "http://127.0.0.1:8081/") == (
        f'curl -fOJ -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8081/v1/exports/{made().id}/bundle'
    )


def test_the_list_is_asked_for_one_state_behind_a_place():
    assert Search().asked("") == {}
    assert Search("failed").asked("16") == {"state": "failed", "before": "16"}
    assert Search().asked("x") == {}
