import json

from papers import NOW_US, event

from cutover.reports import promoted
from cutover.reports.placing import Signed

MOVE = {
    "signal": "enter_canary", "from_stage": "mirror", "from_share": "0", "to_stage": "canary",
    "to_share": "5", "epoch": 2, "proposal": "p1", "evidence_sha256": "cd" * 32,
}  # fmt: skip


def moved():
    actor = {"kind": "human", "name": "anna"}
    given = event(
        "approval.given",
        at_us=NOW_US,
        actor=actor,
        details={"proposal": "p1", "meaning": "approves it"},
    )
    other = event("approval.given", at_us=NOW_US, actor=actor, details={"proposal": "p2"})
    move = event(
        "state.transition", at_us=NOW_US + 1, actor=actor, reason="shown", details=MOVE
    )
    return [json.loads(one) for one in (move, given, other)]


def test_a_move_is_told_with_who_approved_it_and_what_that_meant():
    (one,) = promoted.moves(moved(), {})
    assert one["move"] == "clinic/chat going from mirror to canary 5 %"
    (given,) = one["approvals"]
    assert (given["printed_name"], given["meaning"]) == ("anna", "approves it")
    assert (one["evidence_again"], one["evidence_sha256"]) == ("nothing", "cd" * 32)


def test_a_move_is_one_row_of_a_table_too():
    (one,) = promoted.moves(moved(), {})
    row = promoted.flat(one)
    assert tuple(row) == promoted.COLUMNS
    assert row["approved_by"] == "anna at 2026-11-18T11:06:40.000000Z"


def test_the_moves_that_are_told_of_are_wanted_and_nothing_else():
    assert promoted.wanted(moved()) == {"clinic/chat": {2}}
    assert promoted.wanted([one for one in moved() if one["type"] == "approval.given"]) == {}


def test_a_move_of_a_wrong_clock_stands_where_it_was_recorded():
    hour_us = 3_600_000_000
    times = [NOW_US, 4_000_000_000_000_000, NOW_US + 2 * hour_us]
    signed = Signed((1, 2, 3), [NOW_US + place * hour_us for place in range(3)])
    events = [
        json.loads(
            event("state.transition", at_us=at_us, seq=seq, details=MOVE | {"epoch": seq})
        )
        for seq, at_us in enumerate(times, start=1)
    ]
    assert [one["epoch"] for one in promoted.moves(events[::-1], {}, signed)] == [1, 2, 3]
    assert [one["epoch"] for one in promoted.moves(events, {})] == [1, 3, 2]
    of_one_minute = Signed((1, 3), (NOW_US, NOW_US + 2 * hour_us + 1))
    assert [one["epoch"] for one in promoted.moves(events, {}, of_one_minute)] == [1, 2, 3]
