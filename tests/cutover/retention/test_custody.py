"""What people have done with payloads at the controller; over HTTP in tests/cutover/api/test_keeping.py."""

import pytest
from rollouts import ANNA
from sqlalchemy import update

from cutover.approving.proposal import Confirmed
from cutover.people import Person, Role
from cutover.refusals import Conflict, NotAllowed, StandsBy
from cutover.retention import asked, custody
from cutover.retention.custody import Custody, NothingFound, Wanted, Whom, Why
from mirror.journal.tables import exchange

CARA = Person("cara", frozenset({Role.COMPLIANCE}))
WHOM = Whom("clinic", pseudonym="S" * 20)


@pytest.fixture
def keeper(world):
    return Custody(world.controller, world.store, world.sealer)


class Proof:
    """Counts how often somebody was asked to prove who they are."""

    def __init__(self):
        self.asked = 0

    def __call__(self):
        self.asked += 1
        return Confirmed("password", 5)


def test_who_may_not_is_asked_for_no_proof_and_who_may_is(keeper):
    proof = Proof()
    barred = Person("bo", frozenset({Role.COMPLIANCE}), barred="came in with another name too")
    for person in (ANNA, barred):
        for act in (keeper.erase, lambda by, whom, why: keeper.place(by, Wanted(whom), why)):
            with pytest.raises(NotAllowed):
                act(person, WHOM, Why("x", proof))
    with pytest.raises(Conflict, match="no tenant ward in the policy"):
        keeper.erase(
            Person("c", frozenset({Role.COMPLIANCE})), Whom("ward", "a"), Why("x", proof)
        )
    assert proof.asked == 0
    with pytest.raises(NothingFound):
        keeper.erase(CARA, WHOM, Why("x", proof))
    assert proof.asked == 1


def test_more_than_one_person_may_erase_alone_is_erased_by_two_on_the_box(
    keeper, world, monkeypatch, seen
):
    monkeypatch.setattr(asked, "ALONE", 1)
    ids = [world.exchange() for _ in range(2)]
    _named(world)
    with pytest.raises(Conflict, match="need a second person") as refused:
        keeper.erase(CARA, WHOM, Why("x", Proof()))
    assert refused.value.kind == custody.MANY
    assert all(seen.kept(one) for one in ids)


def test_a_controller_that_stands_by_does_nothing(world):
    idle = world.another("second")
    id = world.exchange()
    with pytest.raises(StandsBy):
        Custody(idle, world.store, world.sealer).place(
            CARA, Wanted(Whom("clinic"), exchange_id=id), Why("x", Proof())
        )


def test_a_hold_that_was_never_placed_is_not_found(keeper):
    with pytest.raises(NothingFound, match="there is no legal hold 7"):
        keeper.find(7)


def test_a_reference_is_shown_by_nothing():
    assert "850101" not in repr(Wanted(Whom("clinic", patient="850101-14-5523")))


def _named(world):
    with world.store.write() as conn:
        conn.execute(update(exchange).values(subject=WHOM.pseudonym))
