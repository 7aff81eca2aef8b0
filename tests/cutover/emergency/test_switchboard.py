"""What people switch is obeyed at once, and survives controllers."""

import pytest
from rollouts import ANNA, ERIK, KEY, World, a_policy

from cutover.emergency.switchboard import Switchboard
from cutover.plans.freezer import Freezer
from cutover.refusals import Conflict, StandsBy
from mirror.journal.store import Store


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


@pytest.fixture
def board(world):
    return Switchboard(world.controller)


def test_a_drain_is_published_at_once_and_ends_by_itself(world, board):
    before = len(world.tables)
    drained = board.drain(ERIK, "gpu", 60, "new fans")
    assert len(world.tables) == before + 1
    assert world.tables[-1].drains == {"gpu": drained.until_us}
    assert drained.until_us == world.clock() + 60_000_000
    world.tick(59)
    assert world.tables[-1].drains
    world.tick()
    assert world.tables[-1].drains == {}
    assert board.read().drains == ()


def test_a_clock_that_jumps_ends_no_drain(world, board):
    board.drain(ERIK, "gpu", 60, "new fans")
    world.clock.jump_s(86_400)
    board.switch_on(ERIK, "clinic", "", "an act before the next tick")
    world.tick(3)
    assert world.tables[-1].drained("gpu")
    world.clock.jump_s(-86_400)
    world.tick(56)
    assert world.tables[-1].drained("gpu")
    world.tick(2)
    assert not world.tables[-1].drained("gpu")


def test_a_drain_ends_when_a_lead_says_that_the_clock_is_right(world, board):
    board.drain(ERIK, "gpu", 60, "new fans")
    world.clock.jump_s(86_400)
    world.tick()
    Freezer(world.controller).break_(ANNA, ("", ""), 60, "it was a day behind")
    world.tick()
    assert not world.tables[-1].drained("gpu")


def test_a_drain_is_given_back_by_a_person(world, board):
    board.drain(ERIK, "gpu", 0, "new fans")
    world.tick()
    assert world.tables[-1].drains == {"gpu": 0}
    board.give_back(ERIK, "gpu", "done")
    assert world.tables[-1].drains == {}
    with pytest.raises(Conflict, match="is not drained"):
        board.give_back(ERIK, "gpu", "done")


def test_an_emergency_is_published_at_once(world, board):
    board.switch_on(ERIK, "clinic", "", "wrong doses")
    assert world.tables[-1].in_emergency(*KEY)
    with pytest.raises(Conflict, match="on already"):
        board.switch_on(ERIK, "clinic", "", "again")
    with pytest.raises(Conflict, match="on: `clinic`"):
        board.switch_off(ERIK, "", "", "over")
    board.switch_off(ERIK, "clinic", "", "over")
    assert not world.tables[-1].in_emergency(*KEY)


def test_the_next_controller_knows_what_is_on(world, board):
    board.drain(ERIK, "gpu", 0, "new fans")
    board.switch_on(ERIK, "", "", "all of it")
    world.controller = world.another("next")
    world.clock.pass_s(6)
    world.controller.tick()
    assert world.tables[-1].drains == {"gpu": 0}
    assert world.tables[-1].in_emergency(*KEY)
    with pytest.raises(StandsBy):
        board.drain(ERIK, "gpu", 0, "by the one that stands by")


def test_an_act_before_the_first_tick_forgets_no_switch(world, board):
    board.switch_on(ERIK, "", "", "all of it")
    world.controller.cabinet.stand_by()
    world.controller.cabinet.lead()
    world.controller.publish()
    assert world.tables[-1].in_emergency(*KEY)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda board: board.drain(ERIK, "gpux", 0, "x"), "known: `cloud`, `gpu`"),
        (lambda board: board.give_back(ERIK, "gpux", "x"), "known: `cloud`, `gpu`"),
        (lambda board: board.switch_on(ERIK, "klinik", "", "x"), "known: `clinic`"),
        (lambda board: board.switch_on(ERIK, "", "audio", "x"), "known: `chat`"),
    ],
)
def test_an_unknown_name_is_told_with_those_that_are_known(world, board, act, says):
    with pytest.raises(Conflict, match=says):
        act(board)


def test_whom_a_drain_leaves_without_an_answer_is_told(world, board):
    assert board.unanswered("gpu") == []
    assert board.unanswered("cloud") == ["clinic/chat"]
    policy = a_policy(tenants={"clinic": {"identify": {"header": "c"}, "cloud": "forbidden"}})
    world.to_canary()
    world.controller = world.another("next", policy)
    world.clock.pass_s(6)
    world.controller.tick()
    assert Switchboard(world.controller).unanswered("gpu") == ["clinic/chat"]


def test_what_an_approval_is_refused_for_in_an_emergency_is_told_of_the_rollout(world, board):
    world.until_proposed()
    assert world.view().frozen == ""
    board.switch_on(ERIK, "", "", "smoke in the GPU room")
    told = world.view()
    assert told.verdict == "promote"
    assert told.proposal
    assert (
        told.frozen
        == "nothing is widened until the emergency all is over: smoke in the GPU room"
    )
    assert told.frozen in told.reasons
    with pytest.raises(Conflict) as refused:
        world.approve()
    assert str(refused.value) == told.frozen
    board.switch_off(ERIK, "", "", "it was toast")
    assert world.approve().applied
