"""Who may freeze, lift and break, and what each leaves behind."""

import pytest
from rollouts import ANNA, BEN, ERIK, World

from cutover.people import Person, Role
from cutover.plans.freezer import Freezer
from cutover.refusals import Conflict, NotAllowed, StandsBy
from mirror.journal.store import Store

OLGA = Person("olga", frozenset({Role.ENGINEER}))
CLINIC = ("clinic", "")


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


@pytest.fixture
def freezer(world):
    return Freezer(world.controller)


def test_a_freeze_is_obeyed_at_once_and_ends_by_itself(world, freezer):
    placed = freezer.place(ERIK, CLINIC, 60, "audit")
    assert placed.until_us == world.clock() + 60_000_000
    assert world.view().frozen.endswith("UTC: audit (erik)")
    assert freezer.read() == [placed]
    world.clock.pass_s(60)
    world.tick()
    assert world.view().frozen == ""
    assert freezer.read() == []


def test_who_placed_a_freeze_or_a_lead_lifts_it_and_no_other_engineer(world, freezer):
    freezer.place(ERIK, CLINIC, 0, "audit")
    with pytest.raises(NotAllowed, match="only a lead may lift the freeze of erik"):
        freezer.lift(OLGA, CLINIC, "mine to say")
    assert world.view().frozen
    freezer.lift(ERIK, CLINIC, "done")
    freezer.place(ERIK, CLINIC, 0, "audit")
    freezer.lift(BEN, CLINIC, "done")
    assert world.view().frozen == ""


def test_only_a_lead_breaks_a_freeze_and_it_stands_in_the_event_log(world, freezer):
    freezer.place(ERIK, CLINIC, 0, "audit")
    with pytest.raises(
        NotAllowed, match="only a lead may break a freeze, and erik has no role"
    ):
        freezer.break_(ERIK, CLINIC, 60, "hotfix")
    freezer.break_(ANNA, CLINIC, 60, "hotfix")
    assert world.view().frozen == ""
    (event,) = world.events("freeze.broken")
    assert (event["actor"]["name"], event["reason"]) == ("anna", "hotfix")
    freezer.mend(ERIK, CLINIC, "deployed")
    assert world.view().frozen
    assert world.events("freeze.mended")


def test_what_does_not_hold_cannot_be_ended(freezer):
    freezer.place(ERIK, ("", "chat"), 0, "audit")
    with pytest.raises(Conflict, match=r"placed: `\*/chat`"):
        freezer.lift(ERIK, CLINIC, "done")
    with pytest.raises(Conflict, match="broken: none"):
        freezer.mend(ERIK, CLINIC, "done")


@pytest.mark.parametrize("scope", [("klinik", ""), ("", "chess"), ("", "audio")])
def test_whom_nobody_knows_is_not_frozen(freezer, scope):
    with pytest.raises(Conflict, match="known"):
        freezer.place(ERIK, scope, 0, "audit")
    assert freezer.read() == []


def test_a_controller_that_stands_by_freezes_nothing(world):
    with pytest.raises(StandsBy):
        Freezer(world.another("second")).place(ERIK, CLINIC, 0, "audit")
