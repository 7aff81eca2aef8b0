"""An event in one sentence."""

from __future__ import annotations

import json

import pytest
from fake_fleet import event
from hypothesis import given
from hypothesis import strategies as st

from dashboards.clock import Clock
from dashboards.questions import told
from dashboards.questions.audit import Event
from dashboards.questions.event_words import WORDS

MOVE = {"from_stage": "mirror", "from_share": "0", "to_stage": "canary", "to_share": "5"}


def made(**other):
    return Event(**event(9, **other))


def sentence(**other):
    return told.sentence(made(**other), Clock())


def test_it_says_who_did_what_to_what_from_what_to_what_why_and_for_which_change():
    details = {
        "stage": "canary",
        "before": None,
        "after": {"held_by": "aisyah"},
        "ticket": "CHG-4711",
    }
    assert sentence(details=details) == (
        "aisyah held klinik-penang/chat where it is, in canary (none → held by aisyah). "
        "Because: GPU driver. Ticket CHG-4711."
    )


def test_a_move_says_both_ends_once():
    moved = MOVE | {"before": "mirror", "after": "canary 5", "proposal": "p-7"}
    assert sentence(type="state.transition", details=moved, reason="") == (
        "aisyah moved klinik-penang/chat: mirror → canary 5 %."
    )
    assert "p-7 of klinik-penang/chat: mirror → canary 5 %." in sentence(
        type="approval.given", details=moved
    )


def test_a_service_is_told_by_what_it_is_and_an_account_by_where():
    service = {"kind": "service", "name": "controller"}
    assert sentence(actor=service, details={"stage": "live"}).startswith("The controller held")
    assert sentence(actor={"kind": "service", "name": "new"}).startswith("The service new held")
    assert sentence(actor={"kind": "human", "name": "os:root"}).startswith(
        "root, at the controller's machine, held"
    )
    assert sentence(actor={"kind": "human"}).startswith("Somebody held")


def test_what_did_not_go_well_is_said():
    denied = sentence(type="access.denied", outcome="denied", reason="mei has no role `lead`",
                      object={"kind": "path", "id": "/v1/events"}, details={"kind": "missing role", "method": "GET"})  # fmt: skip
    assert denied == (
        "aisyah asked for /v1/events (GET) and may not: missing role. Outcome: denied. Because: mei has no role `lead`."
    )


def test_a_type_of_a_newer_controller_and_details_that_are_missing_are_told_as_such():
    assert (
        sentence(type="moon.landed", reason=None, details=None)
        == "aisyah did moon.landed to klinik-penang/chat."
    )
    assert sentence(type="hold.placed", reason="", details=None).endswith("in (unknown).")


def test_values_are_told_as_people_read_them():
    clock = Clock()
    for name, said, words in (
        ("to_share", "5", "5 %"), ("at_us", 1_795_234_200_000_000, "2026-11-21 04:10 UTC"), ("until_us", 0, "no end"),
        ("at_us", 2**60, "1,152,921,504,606,846,976 µs"),
        ("from_us", 0, "the beginning"), ("count", 1204, "1,204"), ("x", True, "yes"), ("x", "9f" * 32, "9f9f9f9f9f9f"),
        ("x", list("abcdefg"), "a, b, c, d, e and 2 more"), ("x", {"held_by": "", "share": 5}, "held by (unknown), share 5"),
        ("approved_by", "", "none"), ("x", 0.5, "0.5"), ("stage", "rolled_back", "rolled back"),
    ):  # fmt: skip
        assert told.value(name, said, clock) == words, (name, said)
    assert len(told.value("x", "long " * 1000, clock)) < 400


def test_its_letters_are_shown_whole_and_what_would_hide_or_turn_them_as_json_escapes_it():
    one = made(reason="ahmad \u202e bin \u4e2d\u6587 \x1b[31m")
    shown = told.exactly(one)
    assert json.loads(shown) == json.loads(one.body)
    assert "\\u202e" in shown
    assert "\u202e" not in shown
    assert "\u4e2d\u6587" in shown


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(), inner, max_size=8),
    max_leaves=8,
)
NAMED = st.sampled_from(
    [
        "before",
        "after",
        "stage",
        "from_share",
        "to_stage",
        "from_us",
        "ticket",
        "proposal",
        "kind",
    ]
)


@given(
    st.sampled_from(sorted(WORDS)),
    st.dictionaries(NAMED | st.text(), JSON),
    st.none() | st.text(),
    st.text(),
)
def test_whatever_an_event_says_it_is_told(type, details, outcome, reason):
    one = made(type=type, details=details, outcome=outcome, reason=reason)
    assert told.sentence(one, Clock()).startswith("aisyah ")


@pytest.mark.parametrize("type", sorted(WORDS))
def test_every_type_is_told_in_one_sentence_of_a_few_words(type):
    assert len(sentence(type=type, details=MOVE, reason="")) < 220


def test_a_sign_in_says_that_and_no_more():
    signed_in = {"before": None, "after": {"until_us": 1_700_000_000_000_000}}
    told = sentence(type="user.signed_in", details=signed_in, reason="")
    assert told == "aisyah signed in."
