"""Sessions measured on another scale: what begins anew, what goes on, and by which bar."""

import math
from dataclasses import replace

import pytest
from builders import REHEARSAL, failure, scored
from hypothesis import given, settings
from hypothesis import strategies as st

from cutover.evidence.drift import lower_bound
from cutover.evidence.gates import Basis, Rules
from cutover.evidence.observation import OpenSession, observe, retold
from cutover.evidence.scale import NO_BAR, WANTED, Scale
from cutover.evidence.tally import Account, Tally
from cutover.evidence.yardstick import SETTLED
from cutover.stages import Stage

BAR, NOISE = Rules(REHEARSAL, Basis.BAR), Rules(REHEARSAL, Basis.NOISE)
LATE = 10**15
LN_10 = math.log(10)


def rows(first, count, comparators, **values):
    return [scored(first + n, comparators=comparators, **values) for n in range(count)]


def live(rules=BAR):
    return Account.begin(rules, Stage.LIVE)


def gate(tally, name):
    (one,) = [each for each in tally.gates if each.demand.name == name]
    return one


def seen(account, *lines):
    for line in lines:
        account.take(line)
    return account.look([], LATE)


def test_the_very_same_answers_on_another_scale_are_no_harm():
    account = live()
    seen(account, rows(0, 300, "v1", equivalence=0.72, noise_floor=None))
    views = seen(account, rows(1_000, 1_500, "v2", equivalence=0.60, noise_floor=None))
    assert views.worse.log_harm / LN_10 < 2  # the alarm is at 3 and more
    assert views.closed.scale.name == "v2"


def test_what_falls_on_the_new_scale_is_harm_again():
    account = live()
    seen(account, rows(0, 300, "v1", equivalence=0.72, noise_floor=None))
    seen(account, rows(1_000, 200, "v2", equivalence=0.60, noise_floor=None))
    views = seen(account, rows(5_000, 60, "v2", equivalence=0.25, noise_floor=None))
    assert views.worse.log_harm / LN_10 > 4


def test_where_the_new_scale_tells_more_the_declared_bar_stays():
    account = live()
    seen(account, rows(0, 50, "v1", equivalence=0.72, noise_floor=None))
    tally = seen(account, rows(1_000, 200, "v2", equivalence=0.95, noise_floor=None)).closed
    assert tally.scale.least - REHEARSAL.gates.equivalence.margin > 0.65
    assert gate(tally, "equivalence").demand.bar == pytest.approx(0.35)


def test_the_bar_is_the_first_sessions_lower_bound_less_the_margin():
    account = live()
    seen(account, rows(0, 50, "v1", equivalence=0.72, noise_floor=None))
    tally = seen(account, rows(1_000, 200, "v2", equivalence=0.60, noise_floor=None)).closed
    least = lower_bound((0.6,) * WANTED, tally.scale.log_bound_at)
    one = gate(tally, "equivalence")
    assert one.demand.bar == one.harm.m == pytest.approx(1 - (least - 0.15))
    # The first to come in alone, and those that the bar was taken from, are not held against it.
    assert one.n == 200 - SETTLED + 1 - WANTED
    assert f"more than {least - 0.15:.2f} is asked, by its first 100" in tally.scale.sentence


def test_where_they_agree_too_little_nothing_is_shown():
    scale = replace(Scale.begin(BAR), name="v2", first="v1", bars={"v2": 0.1})
    assert scale.now_bar == NO_BAR


def test_while_both_come_in_only_the_first_scale_counts():
    account = live()
    seen(account, rows(0, 50, "v1", equivalence=0.72, noise_floor=None))
    for turn in range(40):
        first = 1_000 + 10 * turn
        seen(account, rows(first, 3, "v1", equivalence=0.72, noise_floor=None),
             rows(first + 5, 3, "v2", equivalence=0.0, noise_floor=None))  # fmt: skip
    tally = account.closed
    assert (tally.scale.name, gate(tally, "equivalence").n) == ("v1", 170)
    assert gate(tally, "errors").n == 290


def test_errors_speed_and_flags_go_on_and_what_is_measured_begins_anew():
    account = live(NOISE)
    before = seen(account, rows(0, 60, "v1")).closed
    after = seen(account, rows(1_000, 60, "v2")).closed
    for name in ("errors", "latency", "flags"):
        assert (gate(before, name).n, gate(after, name).n) == (60, 120)
    for name in ("equivalence", "severe"):
        assert gate(after, name).n == 60 - SETTLED + 1
    assert len(after.drift.floor) == 60 - SETTLED + 1
    assert after.scale.sentence.startswith(
        "answers are compared with `v2` now, and were with `v1`"
    )


def test_a_difference_keeps_its_bar_on_every_scale():
    account = live(NOISE)
    before = seen(account, rows(0, 60, "v1")).closed
    after = seen(account, rows(1_000, 60, "v2")).closed
    assert gate(before, "equivalence").demand == gate(after, "equivalence").demand
    worse = seen(account, rows(5_000, 40, "v2", equivalence=0.4)).worse
    assert worse.log_harm / LN_10 > 3


def test_harm_that_was_not_shown_on_the_old_scale_is_forgotten_and_failures_are_not():
    account = live()
    account.take([failure(row) for row in rows(0, 6, "v1", noise_floor=None)])
    before = seen(account).closed
    after = seen(account, rows(100, SETTLED, "v2", noise_floor=None)).closed
    assert gate(before, "equivalence").harm.log_e > 0
    assert gate(after, "equivalence").harm.log_e == -math.inf
    assert gate(after, "errors").harm.log_e > gate(after, "equivalence").harm.log_e


def test_back_on_the_first_scale_the_declared_bar_holds_again():
    account = live()
    seen(account, rows(0, 50, "v1", equivalence=0.72, noise_floor=None))
    seen(account, rows(1_000, 200, "v2", equivalence=0.60, noise_floor=None))
    tally = seen(account, rows(5_000, 60, "v1", equivalence=0.72, noise_floor=None)).closed
    assert gate(tally, "equivalence").demand.bar == pytest.approx(0.35)
    assert (tally.scale.sentence, tally.scale.moved) == ("", False)


def in_steps(*agreements):
    """Standings on another scale than the first, and the harm that each shows."""
    account = Account.begin(BAR, Stage.CANARY)
    seen(account, rows(0, 50, "v1", equivalence=0.85, noise_floor=None))
    for step, agreement in enumerate(agreements, 1):
        account = account if step == 1 else account.next(Stage.CANARY)
        first = 1_000 * step
        seen(account, rows(first, 200, "v2", equivalence=agreement, noise_floor=None))
        yield account.closed


def test_the_bar_of_another_scale_holds_in_the_next_standings():
    first, *later = in_steps(0.80, 0.80, 0.80)
    bar = gate(first, "equivalence").demand.bar
    for tally in later:
        one = gate(tally, "equivalence")
        assert (tally.scale.name, tally.scale.first) == ("v2", "v1")
        assert (one.demand.bar, one.harm.m, one.n) == (bar, bar, 200)
        assert tally.log_harm / LN_10 < 2


def test_a_candidate_that_gets_worse_from_step_to_step_does_not_take_the_bar_with_it():
    *_, last = in_steps(0.85, 0.75, 0.65, 0.55, 0.45)
    assert 1 - last.scale.now_bar > 0.55
    assert last.log_harm / LN_10 > 4


def test_a_bar_that_is_being_taken_goes_on_in_the_next_standing():
    account = Account.begin(BAR, Stage.CANARY)
    seen(account, rows(0, 50, "v1", equivalence=0.72, noise_floor=None))
    seen(account, rows(1_000, SETTLED + 39, "v2", equivalence=0.60, noise_floor=None))
    then = account.next(Stage.LIVE)
    seen(then, rows(9_000, 59, "v2", equivalence=0.60, noise_floor=None))
    assert (len(then.closed.scale.level), then.closed.scale.bars) == (99, {})


def test_back_on_a_scale_whose_bar_is_known_it_holds_at_once():
    account = live()
    for turn, name in enumerate(["v1", "v2", "v1", "v2"]):
        seen(account, rows(1_000 * turn, 150, name, equivalence=0.7, noise_floor=None))
    one = gate(account.closed, "equivalence")
    assert (one.n, one.demand.bar) == (150 - SETTLED + 1, account.closed.scale.now_bar)


def test_each_further_bar_of_an_attempt_may_be_wrong_less_often():
    account = live()
    for turn, name in enumerate(["v1", "v2", "v3"]):
        seen(account, rows(1_000 * turn, 150, name, equivalence=0.6, noise_floor=None))
    scale = account.closed.scale
    seldom = scale.log_bound_at + 2 * math.log(2)
    assert scale.bars == {
        "v2": lower_bound((0.6,) * WANTED, scale.log_bound_at),
        "v3": lower_bound((0.6,) * WANTED, seldom),
    }
    begun = Scale.begin(BAR)
    third = begun.in_attempt(3).log_bound_at
    assert third == pytest.approx(begun.log_bound_at + math.log(9))


def test_one_by_one_or_all_at_once_gives_the_same():
    account = live()
    line = [
        *rows(0, 30, "v1", equivalence=0.72, noise_floor=None),
        *rows(100, 160, "v2", equivalence=0.60, noise_floor=None),
        *rows(500, 30, "v1", equivalence=0.72, noise_floor=None),
    ]
    joined = seen(account, line).joined
    again = Tally.begin(BAR, Stage.LIVE)
    for session in joined:
        again = again.after([retold(session.told())])
    assert again == account.closed == Tally.begin(BAR, Stage.LIVE).after(joined)


def test_behind_an_open_session_nothing_begins_anew():
    account = live()
    seen(account, rows(0, 50, "v1", equivalence=0.9, noise_floor=None))
    account.take(rows(1_000, 40, "v2", equivalence=0.1, noise_floor=None))
    views = account.look([("slow", 900_000_000)], 1_001_000_000)
    assert (views.closed.scale.name, views.started.scale.name) == ("v1", "v1")
    assert views.worse.log_harm / LN_10 < 2  # the alarm is at 3 and more


def test_a_session_is_measured_as_its_first_exchange_was():
    both = [
        scored(1, session="s", comparators="v1", equivalence=0.9, noise_floor=None),
        scored(2, session="s", comparators="v2", equivalence=0.1, noise_floor=None),
    ]
    found = observe(BAR, "s", 0, both)
    assert found.comparators == "v1"
    assert found.badness["equivalence"] == pytest.approx(0.1)
    assert found.scored == 2
    noisy = observe(NOISE, "s", 0, [replace(one, noise_floor=0.8) for one in both])
    assert (noisy.apart, noisy.floor) == (pytest.approx(0.1), pytest.approx(0.8))


def test_sessions_that_do_not_say_are_of_the_scale_that_counts():
    account = live()
    tally = seen(account, rows(0, 30, ""), rows(100, 30, "v1"), rows(200, 5, "")).closed
    assert (tally.scale.name, gate(tally, "equivalence").n) == ("v1", 65)


def test_an_open_session_of_another_scale_says_nothing_of_what_is_measured():
    tally = Tally.begin(BAR, Stage.LIVE).after(
        seen(live(), rows(0, 30, "v1", equivalence=0.9, noise_floor=None)).joined
    )
    floors = {"equivalence": 1.0, "errors": 1.0}
    theirs = tally.after([OpenSession("open", 10**9, floors, "v2")])
    ours = tally.after([OpenSession("open", 10**9, floors, "v1")])
    assert gate(theirs, "errors").harm == gate(ours, "errors").harm
    assert gate(theirs, "equivalence").harm.log_e < gate(ours, "equivalence").harm.log_e
    nothing = tally.after([OpenSession("open", 10**9, {"errors": 1.0}, "v2")])
    assert gate(theirs, "equivalence").harm == gate(nothing, "equivalence").harm


def test_a_line_with_open_sessions_folded_in_pieces_is_the_same():
    line = [
        *seen(live(NOISE), rows(0, 130, "v1")).joined,
        OpenSession("open", 10**9),
        *seen(live(NOISE), rows(2_000, 90, "v2")).joined,
    ]
    at_once = Tally.begin(NOISE, Stage.LIVE).after(line)
    one_by_one = Tally.begin(NOISE, Stage.LIVE)
    for session in line:
        one_by_one = one_by_one.after([session])
    assert one_by_one == at_once
    assert (at_once.scale.name, at_once.scale.opened) == ("v1", True)
    assert len(at_once.drift.floor) == 130
    short = [*line[:60], line[130], *line[60:130]]
    pieces = Tally.begin(NOISE, Stage.LIVE).after(short[:70]).after(short[70:])
    assert pieces == Tally.begin(NOISE, Stage.LIVE).after(short)
    assert len(pieces.drift.floor) == 60


RUNS = st.lists(
    st.tuples(
        st.sampled_from(["v1", "v2", "v1", "v2", "v3", ""]),
        st.sampled_from([1, 1, 2, 10, SETTLED - 1, SETTLED, 3 * SETTLED]),
    ),
    min_size=3,
    max_size=9,
)
"""Runs of sessions by what measured them: short ones, so that some settle and most do not."""


def mixed(runs, opened):
    """A line of sessions as runs tell: each version gives other numbers for answers that are alike.

    `opened` is the place of one that is still open, None for none.
    """
    told = {"v1": 0.72, "v2": 0.6, "v3": 0.5, "": 0.7}
    line = [
        observe(
            BAR, f"s{place}", place, [scored(place, comparators=name, equivalence=told[name])]
        )
        for place, name in enumerate([name for name, count in runs for _ in range(count)])
    ]
    if opened is not None:
        line.insert(opened, OpenSession("open", 0, {"equivalence": 0.9, "errors": 0.5}, "v1"))
    return line


@settings(deadline=None, max_examples=100)
@given(
    RUNS,
    st.none() | st.integers(0, 200),
    st.lists(st.integers(0, 200), max_size=30),
    st.sampled_from(Basis),
)
def test_a_line_of_mixed_comparators_cut_anywhere_comes_to_the_same(runs, opened, cuts, basis):
    rules, line = Rules(REHEARSAL, basis), mixed(runs, opened)
    at_once = Tally.begin(rules, Stage.LIVE).after(line)
    cut, before = Tally.begin(rules, Stage.LIVE), 0
    for place in [*sorted(cuts), len(line)]:
        cut, before = cut.after(line[before:place]), max(before, min(place, len(line)))
    assert cut == at_once
    one_by_one = Tally.begin(rules, Stage.LIVE)
    for session in line:
        one_by_one = one_by_one.after([session])
    assert one_by_one == at_once


def test_one_worker_in_ten_of_the_next_version_does_not_move_the_scale():
    account = live()
    for n in range(400):
        name = "v2" if n % 10 == 9 else "v1"
        seen(account, rows(n, 1, name, equivalence=0.72, noise_floor=None))
    assert (account.closed.scale.name, gate(account.closed, "equivalence").n) == ("v1", 360)
