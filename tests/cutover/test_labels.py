"""What people say of comparisons: kept beside what they said before, and told as an event."""

import pytest
from rollouts import ERIK, KEY, World

from cutover.labels import Given, Label, Labelling, standing
from cutover.people import Person, Role
from cutover.refusals import Conflict, NotAllowed
from cutover.retention import erasing
from mirror.journal.store import Store

MEI = Person("mei", frozenset({Role.REVIEWER}))
NAN = Person("nan", frozenset(), frozenset({("clinic", Role.REVIEWER)}))


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.good(1)
    yield world
    store.close()


def give(world, person, label, note=""):
    labelling = Labelling(world.controller)
    return labelling.label(person, labelling.find(1), label, note)[0]


def stands(world):
    with world.store.read() as conn:
        return standing(conn, [1]).get(1, ())


def test_the_latest_label_of_each_person_counts_and_all_are_kept_as_events(world):
    give(world, MEI, Label.WORSE, "odd words")
    world.clock.pass_s(1)
    give(world, NAN, Label.SAME)
    given = give(world, MEI, Label.BETTER)
    assert given == Given("mei", Label.BETTER, "", world.clock())
    assert [(one.name, one.label.value) for one in stands(world)] == [
        ("mei", "better"),
        ("nan", "same"),
    ]
    told = [one["details"] for one in world.events("comparison.labelled")]
    assert [(one["label"], one["before"]) for one in told] == [
        ("worse", None), ("same", None), ("better", "worse"),
    ]  # fmt: skip


def test_an_unsafe_one_is_an_incident_that_holds_its_rollout_once(world):
    labelling = Labelling(world.controller)
    of = labelling.find(1)
    _, made = labelling.label(MEI, of, Label.UNSAFE, "ten times the dose")
    _, known = labelling.label(NAN, of, Label.UNSAFE, "so it is")
    assert labelling.label(NAN, of, Label.WORSE, "so it is")[1] is None
    assert made.id == known.id
    assert (made.by, made.exchange_id) == ("mei", of.exchange_id)
    assert len(world.events("incident.reported")) == 1
    assert "ten times the dose" in world.view().frozen


def test_only_a_clinical_reviewer_of_the_tenant_labels(world):
    other = Person("tim", frozenset(), frozenset({("ward", Role.REVIEWER)}))
    for person in (ERIK, other):
        with pytest.raises(NotAllowed, match="only a clinical reviewer labels comparisons"):
            give(world, person, Label.SAME)
    assert stands(world) == ()
    assert world.events("comparison.labelled") == []


def test_what_is_not_there_is_not_found(world):
    assert Labelling(world.controller).find(2) is None
    assert Labelling(world.controller).find(1).key == KEY
    with world.store.read() as conn:
        assert standing(conn, []) == {}


def test_what_nobody_can_read_nobody_labels(world):
    of = Labelling(world.controller).find(1)
    with world.store.write() as conn:
        going = erasing.erase(conn, world.sealer, [of.exchange_id], world.clock())
    going.delete()
    for label, note in ((Label.SAME, ""), (Label.UNSAFE, "ten times the dose")):
        with pytest.raises(Conflict, match=r"are gone since 20.* UTC; a label needs them"):
            give(world, MEI, label, note)
    assert stands(world) == ()
    assert world.events("comparison.labelled") == world.events("incident.reported") == []
