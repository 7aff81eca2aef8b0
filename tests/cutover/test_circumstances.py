"""Freezes and emergencies over a whole way: nothing is widened in them, and harm always rolls back."""

from dataclasses import replace

import pytest
from rollouts import ANNA, ERIK, KEY, World, a_policy

from cutover.circumstances import at_rest, circumstances
from cutover.freezer import Freezer
from cutover.refusals import Conflict
from cutover.switchboard import Switchboard
from mirror.journal.store import Store

DAY_S = 86_400
# Tests begin at 2023-11-14 22:13:20 UTC: 06:13 of the 15th in Kuala Lumpur.
FREEZE = {"start": "2023-11-15", "end": "2023-11-16", "reason": "audit"}
UNTIL = "frozen until 2023-11-17 00:00 Asia/Kuala_Lumpur: audit"


def a_world(home, **calendar):
    given = {"zone": "Asia/Kuala_Lumpur"} | calendar
    world = World(Store.open(home.store_url), home, a_policy(calendar=given))
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
    with pytest.raises(Conflict, match="frozen until 2023-11-17"):
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


def test_a_clock_that_jumps_a_day_into_a_freeze_and_back_moves_nothing(home):
    world = a_world(home, freezes=[FREEZE | {"start": "2023-11-16"}])
    world.to_canary()
    world.clock.pass_s(DAY_S)
    world.good(30)
    assert (world.view().stage, world.view().share) == ("canary", 20.0)
    world.clock.pass_s(-DAY_S)
    world.controller.tick()
    assert world.view().stage == "canary"


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
