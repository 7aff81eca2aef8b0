"""The benchmark of rollbacks: what decided one, and the rows it tells."""

import json
from dataclasses import replace

import benches
import pytest
from rollouts import KEY, World

from bench.times import deciding, following
from bench.times.traffic import Seen, Traffic
from bench.times.upstreams import SPOILT, text_of
from compare import ledger


@pytest.fixture(scope="module")
def rollback():
    """bench/rollback.py, as a module."""
    with benches.bench("rollback") as module:
        yield module


def test_the_first_comparison_that_tips_the_verdict_is_found_and_no_later_one(store, home):
    world = World(store, home)
    world.tick()
    world.to_canary()
    before = world.controller.cabinet.file(KEY).rollout
    ids = []
    while world.standing().stage == "canary":
        ids.append(world.exchange(bad=True))
        world.tick()
    with store.read() as conn:
        found = deciding.decided(conn, world.policy, before)
        rows = {row.exchange_id: row for row in ledger.since(conn, *KEY, before.epoch, 0, 1000)}
        moved = deciding.rollback_of(conn, KEY)
    assert (found.at_us, found.accepted_us) == (rows[ids[-1]].at_us, rows[ids[-1]].accepted_us)
    assert found.moved_us == moved.at_us
    with store.read() as conn, pytest.raises(AssertionError, match="no prefix"):
        deciding.decided(conn, world.policy, replace(before, epoch=before.epoch + 9))


def test_a_candidate_is_spoilt_by_the_question_alone_and_names_itself():
    whole = text_of("candidate", "Question 7: how much?")
    assert "500 mg" in whole
    assert "5000 mg" in text_of("candidate", f"Question 7: how much? {SPOILT}")
    assert "5000 mg" not in text_of("primary", f"Question 7: how much? {SPOILT}")
    assert whole.endswith("Answered by the candidate.")


def test_what_nobody_answered_is_counted():
    traffic = Traffic(
        "http://127.0.0.1:9/", seen=[Seen("a", "primary", 1, 2), Seen("a", "", 3, 4)]
    )
    assert traffic.unanswered == 1
    assert len(traffic.of("a")) == 2


def test_the_promised_row_is_the_99th_of_a_hundred(rollback):
    took = [
        rollback.Took(rollback.KINDS[number % 3], number / 100, 0.0, 1.5, 0.5)
        for number in range(1, 101)
    ]
    told = {one["name"]: one for one in rollback.rows(took, 0)}
    assert told["rollback_p99_s"]["value"] == 0.99
    assert told["rollback_p99_s"]["holds"] is True
    assert told["rollback_max_s"]["value"] == 1.0
    assert rollback.rows([replace(one, took_s=2.0) for one in took], 1)[0]["holds"] is False
    json.dumps(list(told.values()), allow_nan=False)


def test_the_last_of_the_candidate_and_the_first_of_the_primary_are_told_apart(rollback):
    seen = [
        Seen("a", "primary", 1, 2),  # in canary it answers some all along
        Seen("a", "candidate", 3, 9),
        Seen("a", "primary", 4, 6),
        Seen("a", "primary", 5, 7),
    ]
    assert rollback.ends(seen) == (9, 6)


def test_when_the_first_answer_by_a_table_ended_is_told():
    seen = [Seen("a", side, end - 5, end) for side, end in (("x", 10), ("y", 20), ("y", 30))]
    traffic = Traffic("http://127.0.0.1:9/", seen=seen)
    assert following._since(traffic, "y", 15) == 20
    assert following._since(traffic, "x", 15) == 0


def test_every_kind_of_rollback_is_measured(rollback):
    kinds = {kind for _, kind in rollback.stages(6).values()}
    assert kinds == set(rollback.KINDS)
