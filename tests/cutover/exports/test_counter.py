"""Where people ask for exports: of two at once the first one counts, and only a controller that acts takes an order."""

import pytest
from exported_orders import ASK, a_world
from rollouts import PASSWORD

from cutover.approving.proposal import Confirmed
from cutover.exports.counter import Counter, TooLate, Wanted
from cutover.exports.order import State
from cutover.people import Person, Role
from cutover.refusals import NoExport, StandsBy

CORA = Person("cora", frozenset({Role.COMPLIANCE}))
LENA = Person("lena", frozenset({Role.LEAD}))
FULL = Wanted(**ASK, profile="full")


@pytest.fixture
def world(store, home):
    return a_world(store, home)


@pytest.fixture
def counter(world):
    return Counter(world.controller)


def test_who_refuses_while_another_types_the_password_comes_first(counter):
    id = counter.ask(CORA, FULL).id

    def typed_meanwhile():
        counter.refuse(Person("carl", frozenset({Role.COMPLIANCE})), id, "no")
        return Confirmed("password", 1)

    with pytest.raises(TooLate):
        counter.approve(LENA, id, "yes", typed_meanwhile)
    assert counter.find(id).state is State.REFUSED


def test_who_may_not_approve_is_not_asked_for_a_password(counter):
    id = counter.ask(CORA, FULL).id
    asked = []
    with pytest.raises(Exception, match="their own"):
        counter.approve(CORA, id, "yes", lambda: asked.append(PASSWORD))
    assert asked == []


def test_one_that_was_overtaken_takes_no_order_and_an_unknown_id_is_told(world, counter):
    with pytest.raises(NoExport):
        counter.find("nothing")
    world.controller.cabinet.stand_by()
    with pytest.raises(StandsBy):
        counter.ask(CORA, FULL)
