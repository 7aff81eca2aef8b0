"""Embeddings go live in one step, and only where an index was made anew with the candidate's vectors."""

import pytest
from rollouts import ANNA, BEN, ERIK, KEY, REHEARSAL, World, a_policy

from cutover import indexes
from cutover.refusals import Conflict
from mirror.journal.store import Store
from policies.policy import Approvals

EMBED = ("clinic", "embed")
UNINDEXED = "no re-index recorded since candidate own"


@pytest.fixture
def make(home):
    store = Store.open(home.store_url)

    def make(key=EMBED, terms=REHEARSAL):
        world = World(store, home, a_policy(route=key[1], terms=terms), key=key)
        world.tick()
        return world

    yield make
    store.close()


@pytest.fixture
def world(make):
    return make()


def healthy(world, sessions=150):
    """Sessions of another model that sees the same neighbours about as often as healthy ones do."""
    world.good(sessions, equivalence=0.55, noise_floor=1.0)


def test_evidence_alone_promotes_no_embeddings(world):
    healthy(world)
    view = world.view()
    assert (view.verdict, view.proposal) == ("hold", None)
    assert [UNINDEXED in reason for reason in view.reasons] == [True]
    assert "crossfade reindex clinic --index NAME" in view.waits_for


def test_with_an_index_they_go_live_at_once_and_a_person_says_so(world):
    made = world.desk.reindex(ERIK, EMBED, "notes", "made anew last night")
    assert (made.name, made.by, made.reason) == ("notes", "erik", "made anew last night")
    proposal = world.until_proposed(equivalence=0.55, noise_floor=1.0)
    assert (proposal["signal"], proposal["from_share"], proposal["to_share"]) == (
        "go_live",
        0,
        100,
    )
    assert world.view().steps == ()
    done = world.approve()
    assert done.applied and world.standing().stage == "live"
    world.good(5, equivalence=0.55, noise_floor=1.0)
    assert world.view().stage == "live"


def test_an_index_alone_promotes_nothing(world):
    world.desk.reindex(ERIK, EMBED, "notes", "made anew")
    world.good(3, equivalence=0.55, noise_floor=1.0)
    assert world.view().verdict == "hold" and world.view().proposal is None


def test_neighbours_that_have_nothing_in_common_are_harm(world):
    world.desk.reindex(ERIK, EMBED, "notes", "made anew")
    world.good(150, equivalence=0.02, noise_floor=1.0)
    assert world.view().stage == "rolled_back"
    [last] = [one for one in world.events("state.transition") if "roll" in str(one)][-1:]
    assert "similarities within a request agree by 0.02" in last["reason"]


def test_requests_of_one_input_are_no_missing_scores(world):
    world.desk.reindex(ERIK, EMBED, "notes", "made anew")
    healthy(world, 60)
    world.good(60, equivalence=None, missing="too_few_inputs")
    assert not [reason for reason in world.view().reasons if "no equivalence score" in reason]


def test_who_recorded_it_is_an_event(world):
    world.desk.reindex(ERIK, EMBED, "notes", "made anew")
    [told] = world.events("index.rebuilt")
    assert told["actor"] == {"kind": "human", "name": "erik", "roles": "engineer"}
    assert (told["reason"], told["details"]["index"]) == ("made anew", "notes")


def test_an_index_of_another_candidate_or_attempt_is_none(world):
    world.desk.reindex(ERIK, EMBED, "notes", "made anew")
    rollout = world.controller.cabinet.files[EMBED].rollout
    with world.store.read() as conn:
        assert indexes.gap(conn, rollout, "own") == ""
        for other in ("candidate", "attempt"):
            value = "else" if other == "candidate" else 2
            changed = rollout.__class__(**{**_values(rollout), other: value})
            assert UNINDEXED in indexes.gap(conn, changed, "own")


def _values(rollout):
    return {name: getattr(rollout, name) for name in rollout.__dataclass_fields__}


def test_a_rolled_back_candidate_needs_its_index_anew(world):
    world.desk.reindex(ERIK, EMBED, "notes", "made anew")
    world.until_proposed(equivalence=0.55, noise_floor=1.0)
    world.approve()
    world.desk.roll_back(ERIK, EMBED, "searches find nothing")
    with pytest.raises(Conflict, match="rolled_back"):
        world.desk.reindex(ERIK, EMBED, "notes", "again")
    world.clock.pass_s(10_000)
    world.tick()
    world.desk.resume(ERIK, EMBED, "mended")
    healthy(world)
    assert UNINDEXED in world.view().waits_for


def test_other_routes_have_no_index(make):
    world = make(KEY)
    with pytest.raises(Conflict, match="no index holds answers of chat"):
        world.desk.reindex(ERIK, KEY, "notes", "made anew")
    world.until_proposed()
    assert world.view().proposal["signal"] == "enter_canary"


def test_as_many_people_are_asked_as_for_both_moves_together(make):
    terms = REHEARSAL.model_copy(update={"approvals": Approvals(to_canary=2, to_live=1)})
    world = make(terms=terms)
    world.add(ANNA, BEN)
    world.desk.reindex(ERIK, EMBED, "notes", "made anew")
    assert world.until_proposed(equivalence=0.55, noise_floor=1.0)["needed"] == 2
    assert world.approve(ANNA).why == "waits for 1 more to approve"
    assert world.approve(BEN).applied
