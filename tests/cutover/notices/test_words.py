"""The words alone; `test_notices` has every kind of event said in full."""

from cutover.notices.words import WORDS, Said
from policies.notify import Happening


def said(type, about="clinic/chat", **details):
    return WORDS[type](Said(about, "controller", "because", details))


def test_a_rollback_is_told_apart_from_other_moves_and_says_what_to_do():
    move = {"from_stage": "canary", "to_stage": "canary", "from_share": "5", "to_share": "10"}
    assert said("state.transition", signal="widen", **move)[0] is Happening.MOVED
    kind, what, to_do = said("state.transition", signal="roll_back", **move)
    assert (kind, what.split(" (")[0]) == (
        Happening.ROLLED_BACK,
        "clinic/chat was rolled back",
    )
    assert "crossfade resume clinic/chat" in to_do


def test_a_drain_with_an_end_needs_nobody():
    assert said("upstream.drained", "gpu", until_us=1)[2] == ""
    assert "crossfade return gpu" in said("upstream.drained", "gpu", until_us=0)[2]
