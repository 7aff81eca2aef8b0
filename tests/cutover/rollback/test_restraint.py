"""Three clinics on one server, over whole ways: who is rolled back first, who waits, and for how long."""

import itertools
from contextlib import suppress

import pytest
from builders import REHEARSAL
from crowd import RESTS, failing, in_canary, slowly, three
from rollouts import ANNA, SECOND, a_policy

from compare.comparison import Attribution
from cutover import narrowing
from cutover.evidence.dossier import rules_of
from cutover.evidence.replay import Outcome, replay
from cutover.notices.notice import notice
from cutover.refusals import Conflict
from cutover.rollback.restraint import shared
from mirror.exchange import Leg, Side
from mirror.journal import events
from policies.notify import Happening


def test_the_newest_widening_is_undone_and_the_other_waits_and_is_told(fleet):
    fleet.slow("c", 3)
    fleet.slow("a", 4)
    fleet.tick()
    assert fleet.stages() == ["mirror", "mirror", "rolled_back"]
    why = fleet.rolled_back("c")[0]
    assert "the newest widening, " in why
    assert "of 2 rollouts with this candidate that are slow together" in why
    known = fleet.told("", "candidate.slow_together")
    assert [(one["object"]["id"], one["details"]) for one in known] == [
        ("gpu/own", {"undone": "c/chat", "waiting": ["a/chat"]})
    ]
    view = fleet.controller.view(("a", "chat"))
    assert view.verdict == "roll_back"
    assert view.reasons[0] == view.waits_for
    assert "waits at most 2 minutes for the effect" in view.waits_for
    waits = fleet.told("a")
    assert [one["type"] for one in waits] == ["rollback.waits"]
    assert waits[0]["details"]["cause"] == "blame"


def test_whichever_is_looked_at_first_the_same_one_is_undone(fleet):
    fleet.slow("a", 3)
    fleet.slow("c", 4)  # looked at last, and itself the newest
    fleet.tick()
    assert fleet.stages() == ["mirror", "mirror", "rolled_back"]


def test_a_waiting_rollout_that_is_to_be_read_again_ends_no_tick(fleet, monkeypatch):
    cabinet, judged = fleet.controller.cabinet, fleet.controller._guarded
    fleet.slow("c", 3)
    fleet.slow("a", 4)

    def dropped(key):
        judged(key)
        if key == ("a", "chat"):
            with suppress(OSError), cabinet.keeping(cabinet.file(key)):
                raise OSError("a write that failed")

    monkeypatch.setattr(fleet.controller, "_guarded", dropped)
    tables = len(fleet.tables)
    fleet.tick()
    assert len(fleet.tables) > tables  # it was published to its end
    monkeypatch.undo()
    fleet.tick()
    assert fleet.stages() == ["mirror", "mirror", "rolled_back"]


@pytest.mark.parametrize("terms", [REHEARSAL, RESTS], ids=["mirrored again soon", "late"])
def test_it_waits_no_longer_than_its_bound_and_no_less(make, terms):
    fleet = make(terms=terms)
    fleet.slow("c", 3)
    fleet.slow("a", 4)
    fleet.tick()
    fleet.tick(118)
    assert fleet.stages()[0] == "mirror"
    fleet.tick(2)
    assert fleet.stages()[0] == "rolled_back"
    waited = fleet.told("a")[-1]
    assert waited["type"] == "rollback.waited"
    assert waited["details"]["waited_s"] == 120


def test_nothing_is_widened_to_a_candidate_that_is_slow_together(fleet):
    fleet.key = ("b", "chat")
    fleet.until_proposed()
    fleet.slow("c", 3)
    fleet.slow("a", 4)
    fleet.tick()
    fleet.key = ("b", "chat")
    with pytest.raises(Conflict, match="while rollouts of it are slow together"):
        fleet.approve()
    fleet.tick(130)
    assert fleet.approve().applied


def test_where_the_load_was_the_cause_it_stays(fleet):
    fleet.slow("c", 3)
    fleet.slow("a", 4)
    fleet.tick()
    fleet.act("a", 6)
    fleet.tick(130)
    assert fleet.stages() == ["mirror", "mirror", "rolled_back"]
    assert fleet.told("a")[-1]["reason"] == "harm is no longer shown"
    assert fleet.controller.view(("a", "chat")).verdict == "hold"


def test_what_is_clear_goes_at_once(fleet):
    fleet.slow("c", 3)
    fleet.slow("a", 8)
    fleet.tick()
    assert fleet.stages()[0] == "rolled_back"


def test_bad_answers_wait_for_nobody(fleet):
    fleet.slow("c", 3)
    fleet.act("a", 8, bad=True)
    fleet.tick()
    assert fleet.stages()[0] == "rolled_back"
    assert fleet.told("a") == []


def at_the_second_step(fleet, tenant):
    """Clinic `tenant` is served half of its sessions, and it was the last to be widened."""
    fleet.key = (tenant, "chat")
    fleet.to_canary()
    for _ in range(80):
        fleet.good(1)
        if fleet.view().share == 50:
            return
    raise AssertionError(fleet.view().reasons)


def test_a_later_step_is_narrowed_for_others_and_keeps_its_attempt(fleet):
    at_the_second_step(fleet, "c")
    fleet.slow("c", 3)
    fleet.slow("a", 4)
    fleet.tick()
    view = fleet.controller.view(("c", "chat"))
    assert (view.stage, view.share, view.attempt) == ("canary", 20, 1)
    assert fleet.tables[-1].standings["c", "chat"].share == 20
    moved = fleet.told("c", "state.transition")[-1]
    assert moved["details"]["signal"] == "narrow"
    assert "the newest widening, " in moved["reason"]
    assert "waits at most 2 minutes" in fleet.controller.view(("a", "chat")).waits_for
    fleet.act("a", 6)
    fleet.tick(130)
    assert fleet.stages() == ["mirror", "mirror", "canary"]


def test_what_was_narrowed_is_no_newest_widening_for_that(fleet):
    at_the_second_step(fleet, "c")
    fleet.slow("c", 3)
    fleet.slow("a", 4)
    fleet.tick()
    fleet.act("a", 6)
    fleet.tick(130)
    fleet.slow("c", 3)
    fleet.slow("b", 4)
    fleet.tick()
    assert fleet.stages() == ["mirror", "rolled_back", "canary"]  # b moved last, c was narrowed


def test_what_was_narrowed_before_is_rolled_back(fleet, monkeypatch):
    at_the_second_step(fleet, "c")
    monkeypatch.setattr(narrowing, "was_narrowed", lambda moves: True)
    fleet.slow("c", 3)
    fleet.slow("a", 4)
    fleet.tick()
    assert fleet.stages() == ["mirror", "mirror", "rolled_back"]


def test_one_whose_own_harm_is_shown_is_rolled_back_from_a_later_step(fleet):
    at_the_second_step(fleet, "c")
    fleet.slow("a", 3)
    fleet.slow("c", 4)
    fleet.tick()
    assert fleet.stages() == ["mirror", "mirror", "rolled_back"]


def test_a_narrowed_attempt_is_computed_again_to_the_same_verdicts(fleet):
    at_the_second_step(fleet, "c")
    fleet.slow("c", 3)
    fleet.slow("a", 4)
    fleet.tick()
    fleet.act("c", 5)
    fleet.tick()
    before = fleet.controller.view(("c", "chat")).evidence
    again = fleet.another("second")
    fleet.clock.pass_s(6)
    again.tick()
    assert [one["for"] for one in again.view(("c", "chat")).evidence] == [
        pytest.approx(one["for"]) for one in before
    ]
    rules = rules_of(fleet.policy, fleet.policy.rollouts[2])
    with fleet.store.read() as conn:
        found = list(replay(conn, ("c", "chat"), lambda _: rules))
    assert [one.moved.transition.signal for one in found if one.moved][-1] == "narrow"
    assert {one.verdict.outcome for one in found if one.moved} == {Outcome.EQUAL}


def test_what_is_undone_for_others_is_computed_again_to_the_same_verdict(fleet):
    fleet.slow("c", 3)
    fleet.slow("a", 4)
    fleet.tick()
    rules = rules_of(fleet.policy, fleet.policy.rollouts[2])
    with fleet.store.read() as conn:
        again = list(replay(conn, ("c", "chat"), lambda _: rules))
    assert [(one.verdict.outcome, one.moved.transition.signal) for one in again] == [
        (Outcome.EQUAL, "roll_back")
    ]


def test_one_that_is_slow_alone_goes_at_once(fleet):
    fleet.act("b", 5)
    fleet.slow("a", 4)
    fleet.tick()
    assert fleet.stages() == ["rolled_back", "mirror", "mirror"]


def test_a_person_rolls_back_what_waits(fleet):
    fleet.slow("c", 3)
    fleet.slow("a", 4)
    fleet.tick()
    fleet.desk.roll_back(ANNA, ("a", "chat"), "enough")
    view = fleet.controller.view(("a", "chat"))
    assert (view.stage, "waits at most" in view.waits_for) == ("rolled_back", False)


def paced(per_min):
    upstreams = a_policy().model_dump(mode="json")["upstreams"]
    upstreams["cloud"]["capacity"] = {"per_min": per_min}
    return {"upstreams": upstreams}


def harmed_in_canary(fleet):
    """Clinics a and b are in canary, and answered badly by the candidate alone, b worse."""
    in_canary(fleet, "a", "b")
    fleet.clock.pass_s(100)
    fleet.tick()
    for tenant, sessions in (("a", 8), ("b", 12)):
        fleet.act(tenant, sessions, bad=True, legs=(Leg.SERVED,))
    fleet.tick()


def test_a_mass_rollback_goes_as_fast_as_the_primary_takes_it_and_the_worst_first(make):
    fleet = make(**paced(15))
    harmed_in_canary(fleet)
    assert fleet.stages()[:2] == ["canary", "rolled_back"]
    why = fleet.controller.view(("a", "chat")).waits_for
    assert why == (
        "harm is shown, and waits its turn, 3 minutes at most: cloud takes 15 requests a minute "
        "and had 0; this rollout brings 8 more, and worse ones go first"
    )
    assert fleet.told("a")[-1]["details"]["cause"] == "pace"
    fleet.tick(60)
    assert fleet.stages()[:2] == ["rolled_back", "rolled_back"]


def test_a_primary_that_takes_them_all_gets_them_all_at_once(make):
    fleet = make(**paced(25))
    harmed_in_canary(fleet)
    assert fleet.stages()[:2] == ["rolled_back", "rolled_back"]
    assert fleet.told("a") == []


def test_bad_answers_go_before_the_slow_and_somebody_is_told_where_they_must_wait(make):
    fleet = make(**paced(15))
    in_canary(fleet, "a", "b")
    fleet.clock.pass_s(100)
    fleet.tick()
    fleet.act("b", 14, legs=(Leg.SERVED,), replied=slowly)  # further beyond its level
    fleet.act("a", 8, legs=(Leg.SERVED,), bad=True)
    fleet.tick()
    assert fleet.stages()[:2] == ["rolled_back", "canary"]
    assert [one["details"]["answers"] for one in fleet.told("b")] == [False]


def test_bad_answers_that_must_wait_are_an_alarm(make):
    fleet = make(**paced(15))
    harmed_in_canary(fleet)
    waits = fleet.told("a")[-1]
    assert waits["details"]["answers"] is True
    with fleet.store.read() as conn:
        told = [
            notice(one)
            for one in events.read(conn, "a", limit=100_000)
            if one.type == "rollback.waits"
        ]
    assert [one.kind for one in told] == [Happening.ALARM]


def test_a_candidate_that_fails_waits_for_no_turn(make):
    fleet = make(**paced(1))
    in_canary(fleet, "a", "b")
    for tenant in ("a", "b"):
        fleet.act(
            tenant,
            15,
            legs=(Leg.SERVED,),
            replied=failing(Side.CANDIDATE),
            attribution=Attribution.CANDIDATE_FAILED,
            equivalence=None,
        )
    fleet.tick()
    assert fleet.stages()[:2] == ["rolled_back", "rolled_back"]


@pytest.mark.parametrize(("step_s", "order"), [(0, "aca"), (2, "aac")])
def test_who_waits_for_the_looks_at_others_waits_for_no_long_tick(
    fleet, monkeypatch, step_s, order
):
    seen, guarded = [], fleet.controller._guarded
    monkeypatch.setattr(
        fleet.controller, "_guarded", lambda key: (seen.append(key[0]), guarded(key))
    )
    cabinet = fleet.controller.cabinet
    cabinet.files = dict(sorted(cabinet.files.items()))
    steady_us = itertools.count(0, step_s * SECOND)
    fleet.controller._restraint.steady_us = lambda: next(steady_us)
    fleet.slow("a", 4)
    fleet.tick()
    assert "".join(seen) == order
    assert fleet.stages()[0] == "rolled_back"


def test_only_candidates_of_several_rollouts_are_shared():
    assert shared(three()) == {("gpu", "own")}
    assert shared(a_policy()) == frozenset()
