"""Reading what the API says."""

from __future__ import annotations

import json

import pytest
from fake_control import FakeControl
from fake_rollouts import rollouts

from dashboards.me import Me
from dashboards.pairs import Comparisons
from dashboards.wire import Board, NotUnderstood, Rollout, read


def test_every_part_of_a_rollout_is_read():
    rollout = read(Rollout, json.dumps(rollouts()[0]).encode())
    assert (rollout.tenant, rollout.stage, rollout.share) == ("klinik-bangsar", "canary", 5.0)
    assert rollout.evidence[0].shown == rollout.history[-1].gates["equivalence"].shown
    assert rollout.transitions[-1].to_stage == "canary"
    assert rollout.proposal is not None
    assert rollout.proposal.needed == 1


def test_a_board_carries_no_history():
    board = read(Board, json.dumps(FakeControl().board()).encode())
    assert [rollout.history for rollout in board.rollouts] == [()] * 4


def test_a_newer_api_may_say_more():
    assert read(Comparisons, b'{"comparisons": [], "next": null, "more": 1}').next is None


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"name": "a"}', "roles"),
        (b'{"name": 1, "roles": []}', "name"),
        (b"<html>", "the answer"),
        (b"[]", "the answer"),
    ],
)
def test_a_shape_nobody_knows_is_refused_with_its_place(body, place):
    with pytest.raises(NotUnderstood, match=f"^{place}: "):
        read(Me, body)
