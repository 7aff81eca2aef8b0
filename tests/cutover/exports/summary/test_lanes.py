import json
from dataclasses import replace

from papers import ABOUT, NOW_US, event

from cutover.exports.summary.gathered import gathered
from cutover.exports.summary.lanes import known_span, lanes_of, us_of

MOVE = {"from_stage": "mirror", "from_share": "0", "to_stage": "canary", "to_share": "5"}


def found(*events):
    return gathered([json.loads(one) for one in events])


def test_a_rollout_stands_before_its_first_move_where_that_began():
    moves = found(
        event("state.transition", at_us=NOW_US + 10, details=MOVE),
        event("state.transition", at_us=NOW_US + 30, details={**MOVE, "to_stage": "live"}),
    ).moves
    (lane,) = lanes_of(moves, (NOW_US, NOW_US + 100)).values()
    assert [(one.stage, one.from_us - NOW_US, one.to_us - NOW_US) for one in lane] == [
        ("mirror", 0, 10),
        ("canary", 10, 30),
        ("live", 30, 100),
    ]


def test_nothing_is_drawn_before_the_log_began_nor_after_it_was_signed():
    seen = found(event("state.transition", at_us=NOW_US + 10, details=MOVE))
    about = replace(ABOUT, from_us=NOW_US, to_us=NOW_US + 90, as_of_us=NOW_US + 60)
    assert known_span(replace(about, first_seq=1), seen) == (NOW_US + 10, NOW_US + 60)
    assert known_span(replace(about, first_seq=2), seen) == (NOW_US, NOW_US + 60)
    assert known_span(replace(about, as_of_us=NOW_US + 99), seen)[1] == NOW_US + 90


def test_a_row_without_a_moment_has_none():
    assert us_of({"at_us": "x"}) == 0
