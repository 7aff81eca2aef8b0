"""The API's client, against a real server."""

from __future__ import annotations

import socket

import pytest

from dashboards.calls import Failure, Trouble, understood
from dashboards.control import Control, Key
from dashboards.me import Me
from dashboards.wire import Board, Rollout

BANGSAR = Key("klinik-bangsar", "chat")


@pytest.fixture
def lead(control):
    return Control(control.url, "token-aisyah")


def trouble(answer):
    assert isinstance(answer, Failure), answer
    return answer.trouble


def test_a_person_is_named_by_the_token(lead):
    assert lead.me() == Me("aisyah", ("viewer", "engineer", "lead"))


def test_board_and_rollout_are_read(lead):
    assert isinstance(lead.board(), Board)
    assert isinstance(lead.rollout(BANGSAR), Rollout)


def test_comparisons_are_read_page_by_page(lead):
    first = lead.comparisons(BANGSAR, 5)
    second = lead.comparisons(BANGSAR, 5, before=first.next)
    assert [c.number for c in first.comparisons + second.comparisons] == list(range(60, 50, -1))
    flagged = lead.comparisons(BANGSAR, 100, flag="DOSE_CONFLICT").comparisons
    assert {flag.code for c in flagged for flag in c.flags} >= {"DOSE_CONFLICT"}


def test_every_deed_carries_the_persons_own_token_and_reason(control, lead):
    deeds = [
        ("approvals", lead.approve(BANGSAR, "p-7", "clean", "proof")),
        ("holds", lead.hold(BANGSAR, "driver update")),
        ("holds", lead.resume(BANGSAR, "done & dusted")),
        ("rollbacks", lead.roll_back(BANGSAR, "odd answers")),
        ("proposals", lead.propose(BANGSAR, "again")),
    ]
    for action, answer in deeds:
        assert not isinstance(answer, Failure), action
    changes = [(method, token, body["reason"]) for method, _, token, body in control.calls]
    assert changes == [
        ("POST", "token-aisyah", "clean"),
        ("POST", "token-aisyah", "driver update"),
        ("DELETE", "token-aisyah", "done & dusted"),
        ("POST", "token-aisyah", "odd answers"),
        ("POST", "token-aisyah", "again"),
    ]


@pytest.mark.parametrize("token", ["nobody", "", "tökén", "two words", "a\r\nx: y"])
def test_a_token_nobody_knows_is_said_plainly(control, token):
    answer = Control(control.url, token).board()
    assert trouble(answer) is Trouble.TOKEN
    assert "does not know this token" in answer.sentence


def test_the_board_is_asked_for_what_is_looked_for_alone(control, lead):
    board = lead.board(q="klinik", stage="live", verdict="", limit="5")
    assert [one.tenant for one in board.rollouts] == ["klinik-penang"]
    assert control.calls[-1][3] == {"q": "klinik", "stage": "live", "limit": "5"}
    assert lead.board(limit="3").next == "3"


def test_a_missing_rollout_is_a_value(lead):
    assert trouble(lead.rollout(Key("nobody", "chat"))) is Trouble.MISSING


@pytest.mark.parametrize(
    "tenant", ["../me", "..", "a/b", "", "klinik bangsar", "x" * 200, "a?b=1"]
)
def test_a_name_from_the_address_bar_reaches_no_other_path(control, lead, tenant):
    assert trouble(lead.rollout(Key(tenant, "chat"))) is Trouble.MISSING
    assert [path for _, path, _, _ in control.calls] == ["/v1/rollouts/-/chat"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, Trouble.FORBIDDEN), (409, Trouble.REFUSED), (422, Trouble.REFUSED), (500, Trouble.BROKEN)],
)  # fmt: skip
def test_a_refusal_is_told_in_the_apis_own_words(control, lead, status, kind):
    control.refuse["approvals"] = (status, "the verdict is hold, not promote")
    answer = lead.approve(BANGSAR, "p-7", "clean", "proof")
    assert trouble(answer) is kind
    assert "the verdict is hold, not promote" in answer.sentence


def test_where_nobody_listens_the_sentence_says_what_to_start():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        answer = Control(f"http://127.0.0.1:{free.getsockname()[1]}", "t").me()
    assert trouble(answer) is Trouble.DOWN
    assert "crossfade controller" in answer.sentence


def test_an_address_that_is_none_is_a_value_too():
    assert trouble(Control("http://[::1", "t").me()) is Trouble.DOWN


def test_another_version_of_the_api_is_named_as_such():
    answer = understood(Board, 200, b'{"rollouts": []}')
    assert trouble(answer) is Trouble.BROKEN
    assert "same version" in answer.sentence


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>Bad gateway</html>", b'{"title": null}'])
def test_a_refusal_without_a_problem_document_still_reads(body):
    assert understood(Board, 409, body).sentence == "The control API refused this (409)."


def test_the_token_is_not_in_the_clients_representation():
    assert "s3cret" not in repr(Control("http://x", "s3cret"))
