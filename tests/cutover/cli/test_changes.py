"""What a watch tells of two looks."""

import pytest
from looks import PROPOSAL, a_look, a_row

from cutover.cli.changes import Change, Wanted, changes, printable, tally


def told(before, after):
    return [one.line for one in changes(before, after)]


BREAKER = {"tenant": "clinic", "route": "chat", "upstream": "gpu", "open_s": 3.0}


def test_two_looks_at_the_same_tell_nothing():
    look = a_look(a_row(proposal=PROPOSAL), load={"breakers": [BREAKER]})
    assert changes(look, look) == []


def test_what_counts_up_all_the_time_is_no_change():
    before, after = a_row(), a_row(waits_for="211 more sessions", sessions=5)
    assert changes(a_look(before), a_look(after)) == []


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ({}, {"stage": "canary"}, "mirror -> canary"),
        ({}, {"stage": "rolled_back", "reasons": ["errors"]}, "mirror -> rolled back, because errors"),
        ({"share": 1.0}, {"share": 5.0}, "1 % -> 5 % of the sessions"),
        ({}, {"verdict": "roll_back"}, "verdict hold -> roll back"),
        ({}, {"held_by": "erik", "hold_reason": "noise"}, "held by erik: noise"),
        ({"held_by": "erik"}, {}, "the hold of erik is lifted"),
        ({}, {"proposal": PROPOSAL}, "the move to 5 % waits for an approval, proposed by controller: crossfade approve clinic/chat --proposal p1"),
        ({"proposal": PROPOSAL}, {}, "proposal p1 is no longer open"),
    ],
)  # fmt: skip
def test_each_thing_that_happens_to_a_rollout_is_a_line(was, now, says):
    assert told(a_look(a_row(**was)), a_look(a_row(**now))) == [f"clinic chat: {says}"]


def test_a_proposal_in_place_of_another_is_told():
    before, after = a_row(proposal=PROPOSAL), a_row(proposal={**PROPOSAL, "id": "p2"})
    found = changes(a_look(before), a_look(after))
    assert [(one.before, one.after) for one in found] == [("p1", "p2")]


def test_rollouts_that_come_and_go_are_told():
    assert told(a_look(), a_look(a_row())) == ["clinic chat: mirror at 0 %"]
    assert told(a_look(a_row()), a_look()) == ["clinic chat: is not there any more"]


def test_breakers_emergencies_and_drains_are_told_when_they_begin_and_end():
    calm = a_look()
    by = {"by": "erik", "reason": "wrong doses"}
    wild = a_look(
        load={"breakers": [BREAKER]},
        switches={
            "emergencies": [{"name": "all", **by}],
            "drains": [{"upstream": "gpu", **by}],
        },
    )
    assert told(calm, wild) == [
        "emergency all: everything goes to the primary (erik: wrong doses)",
        "gpu is drained (erik: wrong doses)",
        "clinic chat: the circuit breaker to gpu is open: the primary answers",
    ]
    assert told(wild, calm) == [
        "emergency all is ended",
        "gpu is asked again",
        "clinic chat: the circuit breaker to gpu is closed",
    ]


def test_a_controller_that_dies_changes_nothing_but_itself():
    """The store knows neither verdicts, proposals nor what is switched; not to know is no change."""
    before = a_look(a_row(verdict="promote", proposal=PROPOSAL))
    row = {**a_row(verdict=None, waits_for=None), "last_reason": "looks right"}
    del row["proposal"], row["reasons"]
    after = {"controller": "down", "rollouts": [row], "load": {"breakers": []}}
    assert told(before, after) == ["no controller answers"]
    assert told(after, before) == ["the controller answers again"]


def test_what_is_wanted_is_chosen_by_tenant_route_and_words():
    rows = [a_row("a"), a_row("b"), a_row("b", "embed", held_by="erik")]
    look = a_look(*rows, load={"breakers": [BREAKER, {**BREAKER, "tenant": "b"}]})
    of_b = Wanted(frozenset({"b"})).named(look)
    assert [one["tenant"] for one in of_b["rollouts"]] == ["b", "b"]
    assert [one["tenant"] for one in of_b["load"]["breakers"]] == ["b"]
    assert len(Wanted(routes=frozenset({"chat"})).named(look)["rollouts"]) == 2
    assert Wanted(words=("ERIK", "mirror")).worded(look)["rollouts"] == [rows[2]]
    assert Wanted(words=("erik", "canary")).worded(look)["rollouts"] == []


def test_a_rollout_that_loses_the_words_tells_how():
    """Who watches what is held must hear that the hold was lifted, not that a rollout went away."""
    wanted = Wanted(words=("erik",))
    before, after = a_look(a_row(held_by="erik")), a_look(a_row(), a_row("other"))
    kept = wanted.among(changes(before, after), before, after)
    assert [one.line for one in kept] == ["clinic chat: the hold of erik is lifted"]


def test_what_concerns_all_is_told_whatever_the_words():
    one = Change("", "", "controller", "acts", "down", "no controller answers")
    assert Wanted(words=("x",)).among([one], a_look(), a_look()) == [one]


def test_texts_cannot_move_the_cursor():
    given = {"a": ["\x1b[2Jdose\r\n\u202e1 mg", 5, None]}
    assert printable(given) == {"a": [" [2Jdose   1 mg", 5, None]}


def test_rollouts_are_counted_by_stage():
    rows = [a_row(), a_row("b"), a_row("c", stage="rolled_back")]
    assert tally(rows) == "3 rollouts: 2 mirror, 1 rolled back"
    assert tally([]) == "no rollout"
