"""Freezes and emergencies over a whole way: nothing is widened in them, and harm always rolls back."""

import json
from dataclasses import replace

import pytest
from builders import REHEARSAL
from rollouts import ANNA, ERIK, KEY, World, a_policy

from cutover.circumstances import at_rest, circumstances
from cutover.emergency.switchboard import Switchboard
from cutover.plans.freezer import Freezer
from cutover.refusals import Conflict
from mirror.journal import events
from mirror.journal.store import Store
from policies.gates import Mode, SampleRatioGate

DAY_S = 86_400
# Tests begin at 2023-11-14 22:13:20 UTC: 06:13 of the 15th in Kuala Lumpur.
FREEZE = {"start": "2023-11-15", "end": "2023-11-16", "reason": "audit"}
UNTIL = "frozen until 2023-11-16 16:00 UTC (Nov 17 00:00 Kuala Lumpur): audit"


def a_world(home, **calendar):
    given = {"zone": "Asia/Kuala_Lumpur"} | calendar
    # The exchanges of a world are all the candidate's in canary: that share is not what is looked at here.
    gates = REHEARSAL.gates.model_copy(
        update={"sample_ratio": SampleRatioGate(mode=Mode.OBSERVE)}
    )
    terms = REHEARSAL.model_copy(update={"gates": gates})
    world = World(Store.open(home.store_url), home, a_policy(calendar=given, terms=terms))
    world.tick()
    return world


@pytest.fixture
def frozen_world(home):
    world = a_world(home, freezes=[FREEZE])
    yield world
    world.store.close()


@pytest.fixture
def world(home):
    world = a_world(home)
    yield world
    world.store.close()


def file(world):
    return world.controller.cabinet.files[KEY]


def shown(world, sessions=100):
    """Evidence enough for a promotion, and one more look."""
    world.good(sessions)
    assert file(world).promotes
    return world.view()


def test_in_a_freeze_what_is_shown_is_not_even_proposed_and_the_verdict_says_why(frozen_world):
    view = shown(frozen_world)
    assert (view.stage, view.verdict, view.proposal) == ("mirror", "promote", None)
    assert view.frozen == view.waits_for == view.reasons[0] == UNTIL
    with pytest.raises(Conflict, match="frozen until 2023-11-16"):
        frozen_world.desk.propose(ERIK, KEY, "now")


def test_when_the_freeze_is_over_the_rollout_goes_on_by_itself(frozen_world):
    shown(frozen_world)
    frozen_world.clock.pass_s(2 * DAY_S)
    frozen_world.good(1)
    assert frozen_world.view().proposal
    assert frozen_world.view().frozen == ""


def test_an_approval_in_a_freeze_is_refused_and_the_proposal_stays(world):
    world.until_proposed()
    Freezer(world.controller).place(ERIK, ("", ""), 3600, "incident next door")
    assert "then people to approve" in world.view().waits_for
    with pytest.raises(Conflict, match="incident next door"):
        world.approve()
    world.clock.pass_s(3600)
    world.tick()
    assert world.approve().applied


def test_widening_waits_for_a_freeze_too(world):
    world.to_canary()
    Freezer(world.controller).place(ERIK, ("clinic", ""), 0, "audit")
    world.good(30)
    assert world.view().share == 20.0
    Freezer(world.controller).lift(ERIK, ("clinic", ""), "done")
    world.good(2)
    assert world.view().share == 50.0


def test_harm_rolls_back_during_a_freeze_with_nobody_acting(world):
    world.to_canary()
    Freezer(world.controller).place(ERIK, ("", ""), 0, "audit")
    assert world.until("rolled_back", most=30, bad=True) < 20


def test_a_person_rolls_back_during_a_freeze(world):
    world.to_canary()
    Freezer(world.controller).place(ERIK, ("", ""), 0, "audit")
    world.desk.roll_back(ERIK, KEY, "wrong doses")
    assert world.view().stage == "rolled_back"
    assert world.view().frozen == ""  # nothing of it could be widened


def test_who_breaks_the_glass_lets_it_go_on_for_that_time(frozen_world):
    shown(frozen_world)
    Freezer(frozen_world.controller).break_(ANNA, KEY, 600, "hotfix")
    frozen_world.good(1)
    assert frozen_world.view().proposal
    frozen_world.clock.pass_s(600)
    frozen_world.tick()
    with pytest.raises(Conflict, match="frozen until"):
        frozen_world.approve()


@pytest.mark.parametrize("days", [1, -1, 30])
def test_a_clock_that_jumps_moves_nothing_until_it_is_back(world, days):
    world.to_canary()
    world.clock.jump_s(days * DAY_S)
    world.good(30)
    assert (world.view().stage, world.view().share) == ("canary", 20.0)
    assert "the clock of the controller jumped" in world.view().waits_for
    world.clock.jump_s(-days * DAY_S)
    world.good(2)
    assert world.view().share == 50.0


def test_a_clock_that_jumps_ends_no_freeze(frozen_world):
    shown(frozen_world)
    frozen_world.clock.jump_s(2 * DAY_S)
    frozen_world.good(2)
    view = frozen_world.view()
    assert view.proposal is None
    assert "jumped 48.0 hours forward" in view.frozen
    with pytest.raises(Conflict, match="jumped"):
        frozen_world.desk.propose(ERIK, KEY, "now")


def test_harm_rolls_back_whatever_the_clock_says(world):
    world.to_canary()
    world.clock.jump_s(DAY_S)
    assert world.until("rolled_back", most=30, bad=True) < 20


def test_a_lead_says_that_the_clock_is_right(world):
    world.to_canary()
    world.clock.jump_s(DAY_S)
    world.tick()
    Freezer(world.controller).break_(ANNA, ("clinic", ""), 60, "one clinic's word")
    assert "jumped" in world.view().frozen
    Freezer(world.controller).break_(ANNA, ("", ""), 60, "it was a day behind")
    assert world.view().frozen == ""
    with world.store.read() as conn:
        rows = [json.loads(one.body) for one in events.read(conn, "")]
    (event,) = [one for one in rows if one["type"] == "clock.accepted"]
    assert (event["actor"]["name"], event["reason"]) == ("anna", "it was a day behind")
    assert event["details"] == {"before": {"off_s": DAY_S}, "after": {"off_s": 0}}
    world.good(20)
    assert world.view().share == 50.0


def test_that_the_clock_jumped_is_on_record(world):
    world.clock.jump_s(DAY_S)
    world.tick(3)
    with world.store.read() as conn:
        rows = [json.loads(one.body) for one in events.read(conn, "")]
    (event,) = [one for one in rows if one["type"] == "clock.jumped"]
    assert event["details"] == {"off_s": DAY_S}


@pytest.mark.parametrize("scope", [("clinic", "chat"), ("clinic", ""), ("", "chat"), ("", "")])
def test_an_emergency_of_a_tenant_a_route_or_all_stops_the_candidate_and_every_widening(
    world, scope
):
    world.to_canary()
    Switchboard(world.controller).switch_on(ERIK, *scope, "fire")
    assert world.tables[-1].in_emergency(*KEY)
    world.good(30)
    assert world.view().share == 20.0


def test_nothing_is_widened_in_an_emergency(world):
    world.to_canary()
    Switchboard(world.controller).switch_on(ERIK, "clinic", "", "fire")
    world.good(30)
    assert world.view().share == 20.0
    assert "until the emergency clinic is over: fire" in world.view().waits_for
    Switchboard(world.controller).switch_off(ERIK, "clinic", "", "out")
    world.good(2)
    assert world.view().share == 50.0


def test_freezes_survive_a_change_of_controllers(world):
    world.to_canary()
    Freezer(world.controller).place(ERIK, ("", ""), 0, "audit")
    world.controller = world.another("second")
    world.clock.pass_s(6)
    world.controller.tick()
    world.good(30)
    assert world.view().share == 20.0


def test_only_a_rollout_whose_verdict_is_promote_is_asked_about_freezes(frozen_world):
    cabinet = frozen_world.controller.cabinet
    assert circumstances(cabinet, file(frozen_world)).frozen == ""
    assert at_rest(cabinet, file(frozen_world)) == UNTIL
    shown(frozen_world)
    assert circumstances(cabinet, file(frozen_world)).frozen == UNTIL


def test_a_pinned_tenant_and_a_changed_candidate_are_circumstances(home):
    tenants = {
        "clinic": {"identify": {"header": "clinic"}, "cloud": "allowed", "pinned": "primary"}
    }
    world = World(Store.open(home.store_url), home, a_policy(tenants=tenants))
    world.tick()
    found = file(world)
    assert circumstances(world.controller.cabinet, found).pinned
    other = replace(found.rollout, candidate="x" * 64)
    found.saved = replace(found.saved, rollout=other)
    assert "another one" in circumstances(world.controller.cabinet, found).frozen
