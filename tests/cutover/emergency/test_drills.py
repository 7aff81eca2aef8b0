"""What a drill's times come to, and why one has not passed."""

from dataclasses import replace

import pytest
from builders import accepted, replied
from rollouts import ERIK

from cutover.emergency import drills
from cutover.emergency.drills import Drill, Measured, followed, measure, shortcoming, times
from cutover.emergency.switches import Switches
from cutover.people import Deed
from mirror.exchange import Leg, Outcome, Side
from mirror.journal import exchanges
from mirror.journal.seal import Sealer

AT = 1_700_000_000_000_000
GOOD = Drill(
    1, "clinic", "chat", 3, "erik", "as planned", AT, AT + 30_000_000,
    published_us=AT + 4_000, version=7, followed_us=AT + 90_000, proxies=2,
    back_us=AT + 30_200_000, back_version=40, back_followed_us=AT + 30_260_000,
)  # fmt: skip
SEEN = Measured(
    by_primary=12, last_chosen_us=AT + 20_000, last_answer_us=AT + 4_000_000, still_open=0
)


def test_a_drill_in_which_all_went_well_has_passed():
    assert shortcoming(GOOD, SEEN, moved_to="") == ""
    assert shortcoming(GOOD, replace(SEEN, last_chosen_us=0), moved_to="") == ""


@pytest.mark.parametrize(
    ("drill", "seen", "moved_to", "says"),
    [
        ({}, {}, "rolled_back", "moved to rolled_back"),
        ({"version": 0}, {}, "", "could not be published"),
        ({"proxies": 0, "followed_us": 0}, {}, "", "no proxy told"),
        ({"followed_us": 0}, {}, "", "not every proxy followed"),
        ({"followed_us": AT + 1_010_000}, {}, "", "it took 1.01 s"),
        ({}, {"last_chosen_us": AT + 1_500_000}, "", "it took 1.50 s"),
        ({}, {"by_primary": 0}, "", "no request came"),
        ({"back_followed_us": 0}, {}, "", "went back"),
    ],
)
def test_each_shortcoming_is_told(drill, seen, moved_to, says):
    assert says in shortcoming(replace(GOOD, **drill), replace(SEEN, **seen), moved_to=moved_to)


def test_an_answer_that_had_begun_may_take_its_time():
    seen = replace(SEEN, last_answer_us=AT + 90_000_000, still_open=3)
    assert shortcoming(GOOD, seen, moved_to="") == ""


def test_times_are_milliseconds_since_the_decision_and_the_return():
    told = times(GOOD, SEEN)
    assert told == {
        "published_ms": 4,
        "followed_ms": 90,
        "proxies": 2,
        "last_chosen_ms": 20,
        "last_answer_ms": 4000,
        "still_open": 0,
        "answered_by_primary": 12,
        "away_ms": 30_200,
        "back_followed_ms": 60,
    }
    assert times(replace(GOOD, back_us=0, back_followed_us=0), SEEN)["back_followed_ms"] is None


@pytest.mark.parametrize(
    ("courses", "found"),
    [
        ({}, (0, 0)),
        ({"a": {}}, (0, 1)),
        ({"a": {6: 1, 7: 5}, "b": {8: 9}}, (9, 2)),
        ({"a": {7: 5}, "b": {6: 4}}, (0, 2)),
    ],
)
def test_all_have_followed_when_the_last_has(courses, found):
    assert followed(courses, 7) == found


def test_the_ledger_says_who_was_asked_last(store, home):
    """Accepted before, in and after a drill; by both sides; with and without an end."""
    sealer = Sealer.open(home)
    rows = [
        (1, -20.0, Side.CANDIDATE, 22.0),  # began before and ended 2 s after the decision
        (2, -1.0, Side.CANDIDATE, None),  # still open
        (8, -1.0, Side.CANDIDATE, None),  # its process was killed
        (3, 0.05, Side.CANDIDATE, 1.0),  # chosen after the decision
        (4, 0.08, Side.PRIMARY, 0.1),  # before the last proxy followed
        (5, 3.0, Side.PRIMARY, 0.1),
        (6, 4.0, Side.PRIMARY, 0.1),
        (7, 31.0, Side.CANDIDATE, 9.0),  # after it was given back
    ]
    with store.write() as conn:
        for number, at_s, side, took_s in rows:
            at_us = AT + round(at_s * 1e6)
            accept = accepted(number, tenant="clinic", accepted_us=at_us, serving=side, epoch=3)
            exchanges.record_accept(conn, accept, sealer)
            if took_s is not None:
                total_us = round(took_s * 1e6)
                given = {"side": side, "sent_us": at_us, "total_us": total_us}
                exchanges.record_reply(conn, replied(number, Leg.SERVED, **given), sealer)
        exchanges.abandon(conn, "e000008", Outcome.FAILED, "process_killed")
        found = measure(conn, GOOD)
    assert found == Measured(2, AT + 50_000, AT + 2_000_000, 1)


def test_a_drill_is_kept_with_what_is_known_of_it(store):
    with store.write() as conn:
        begun = drills.begin(
            conn, ("clinic", "chat"), 3, AT + 9, Deed(ERIK.actor, AT, "as planned")
        )
        assert begun.away and drills.unended(conn) == (begun,)
        back = replace(begun, back_us=AT + 9, version=2**33)
        drills.save(conn, back)
        assert drills.unended(conn) == (back,) and not back.away
        drills.end(conn, replace(back, ended_us=AT + 10), SEEN, Deed(ERIK.actor, AT + 10, ""))
        assert drills.unended(conn) == ()
        assert [one.ended_us for one in drills.latest(conn, ("clinic", "chat"))] == [AT + 10]


def test_what_a_drill_sends_away_is_told_to_the_proxies_as_an_emergency(store):
    with store.write() as conn:
        begun = drills.begin(conn, GOOD.key, 3, 900, Deed(ERIK.actor, 100, "practice"))
    told = drills.diverting(Switches(), [begun, replace(begun, back_us=200)])
    assert [(one.tenant, one.route, one.reason) for one in told.emergencies] == [
        (*GOOD.key, "practice")
    ]
