"""What people may do to a rollout, and what is recorded of it."""

import pytest
from builders import REHEARSAL
from rollouts import ANNA, BEN, ERIK, KEY, ROOT, World, a_policy

from cutover import people
from cutover.desk import Yes
from cutover.people import Person, Role
from cutover.refusals import Conflict, NotAllowed, StandsBy, UnknownRollout
from mirror.journal.store import Store

CORA = Person("cora", frozenset({Role.LEAD}))


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


def test_an_approval_is_given_and_applied_and_told_to_the_proxies(world):
    world.until_proposed()
    done = world.approve()
    assert (done.applied, done.why, done.transition.to_share) == (True, "", 20.0)
    assert world.standing().stage == "canary"
    assert world.view().proposal is None
    types = [one["type"] for one in world.events()]
    ours = [one for one in types if one.startswith(("approval", "state"))]
    assert ours == [
        "state.transition",
        "approval.proposed",
        "approval.given",
        "state.transition",
    ]


@pytest.fixture
def two_needed(home):
    """A rollout whose proposal waits for two of anna, ben and cora."""
    two = REHEARSAL.approvals.model_copy(update={"to_canary": 2})
    store = Store.open(home.store_url)
    world = World(store, home, a_policy(terms=REHEARSAL.model_copy(update={"approvals": two})))
    world.add(ANNA, BEN, CORA)
    world.tick()
    world.until_proposed()
    yield world
    store.close()


def test_two_people_are_needed_where_the_policy_asks_for_two(two_needed):
    world = two_needed
    first = world.approve(ANNA)
    assert (first.applied, first.why) == (False, "waits for 1 more to approve")
    assert [one["name"] for one in world.view().proposal["approvals"]] == ["anna"]
    with pytest.raises(NotAllowed, match="already"):
        world.approve(ANNA)
    assert world.approve(BEN).applied


def test_the_yes_of_somebody_who_was_removed_does_not_count(two_needed):
    world = two_needed
    world.approve(ANNA)
    with world.store.write() as conn:
        people.remove(conn, "anna", by=ROOT, at_us=world.clock())
    second = world.approve(BEN)
    assert (second.applied, second.why) == (False, "waits for 1 more to approve")
    assert (world.view().stage, world.standing().share) == ("mirror", 0)
    assert world.approve(CORA).applied


def test_a_removed_approver_is_missing_from_the_proposal_at_the_next_look(two_needed):
    world = two_needed
    world.approve(ANNA)
    with world.store.write() as conn:
        people.remove(conn, "anna", by=ROOT, at_us=world.clock())
    world.tick()
    assert world.view().proposal["approvals"] == []
    assert world.view().waits_for.startswith("2 leads to approve")


def test_who_may_not_approve_is_refused_and_that_is_an_event(world):
    world.until_proposed()
    with pytest.raises(NotAllowed, match="only a lead"):
        world.approve(ERIK)
    assert world.view().stage == "mirror"
    told = world.events("approval.rejected")
    assert [(one["actor"]["name"], one["outcome"]) for one in told] == [("erik", "denied")]


def test_nobody_approves_their_own_proposal(world):
    own = REHEARSAL.approvals
    assert own.to_canary == 1
    world.until_proposed()
    with world.store.write() as conn:  # as if the controller's had ended
        file = world.controller.cabinet.file(KEY)
        world.controller.cabinet.void(conn, file, "for the test", world.clock())
    world.desk.propose(ANNA, KEY, "I want it")
    with pytest.raises(NotAllowed, match="own proposal"):
        world.approve(ANNA)
    assert world.approve(BEN).applied


def test_an_approval_is_void_when_the_verdict_is_no_longer_promote(world):
    world.until_proposed()
    world.exchange(bad=True)
    world.exchange(bad=True)
    # No tick in between: the verdict of the moment of approving decides.
    done = world.approve()
    assert not done.applied
    assert done.why.startswith("void: the verdict is no longer promote")
    assert world.view().stage == "mirror"
    assert world.events("approval.void")[-1]["details"]["proposal"]
    assert world.view().proposal is None


def test_numbers_that_drifted_while_the_verdict_stays_do_not_void(world):
    world.until_proposed()
    world.good(20)
    assert world.approve().applied


def test_a_proposal_ends_with_its_time_and_a_new_one_is_made(world):
    first = world.until_proposed()["id"]
    world.clock.pass_s(86_401)
    world.tick()
    assert world.view().proposal["id"] != first
    with pytest.raises(Conflict, match="void: the proposal expired"):
        world.desk.approve(ANNA, KEY, first, Yes("late"))


def test_a_proposal_ends_with_the_policy_it_was_made_under(world):
    first = world.until_proposed()["id"]
    changed = REHEARSAL.model_copy(update={"cooldown_s": 61})
    world.controller = world.another("second", a_policy(terms=changed))
    world.clock.pass_s(6)
    world.controller.tick()
    with pytest.raises(Conflict, match="the policy changed"):
        world.desk.approve(ANNA, KEY, first, Yes("late"))


def test_a_proposal_is_used_once(world):
    first = world.until_proposed()["id"]
    world.approve()
    with pytest.raises(Conflict, match="applied already"):
        world.desk.approve(BEN, KEY, first, Yes("again"))


def test_a_proposal_of_nobody_is_refused(world):
    with pytest.raises(Conflict, match="no such proposal"):
        world.desk.approve(ANNA, KEY, "nonsense", Yes("why not"))


def test_a_person_proposes_only_what_the_evidence_shows(world):
    with pytest.raises(Conflict, match="the verdict is hold"):
        world.desk.propose(ERIK, KEY, "in a hurry")
    world.until_proposed()
    with pytest.raises(Conflict, match="already"):
        world.desk.propose(ERIK, KEY, "in a hurry")


def test_a_hold_stops_promotion_and_resuming_lets_it_go_on(world):
    world.good(5)
    world.desk.hold(ERIK, KEY, "inspection on Monday")
    world.good(100)
    view = world.view()
    assert (view.stage, view.verdict, view.proposal) == ("mirror", "promote", None)
    assert view.waits_for == "erik to lift the hold: inspection on Monday"
    world.desk.resume(ERIK, KEY, "inspected")
    world.tick()
    assert world.view().proposal
    assert [one["type"] for one in world.events() if "hold" in one["type"]] == [
        "hold.placed",
        "hold.lifted",
    ]


def test_a_held_rollout_is_not_approved(world):
    world.until_proposed()
    world.desk.hold(ERIK, KEY, "wait")
    with pytest.raises(Conflict, match="held by erik"):
        world.approve()


def test_harm_rolls_back_what_somebody_holds(world):
    world.to_canary()
    world.desk.hold(ERIK, KEY, "wait")
    world.until("rolled_back", bad=True)


def test_a_person_rolls_back_at_once_during_a_hold_and_an_open_proposal(world):
    world.to_canary()
    world.good(15)
    world.until_proposed()
    world.desk.hold(ANNA, KEY, "wait")
    published = len(world.tables)
    move = world.desk.roll_back(ERIK, KEY, "patients complain")
    assert (move.to_stage, move.to_share, move.actor) == ("rolled_back", 0.0, "erik")
    assert world.tables[published].standings[KEY].stage == "rolled_back"
    view = world.view()
    assert (view.reasons, view.proposal) == (("rolled back by erik: patients complain",), None)


@pytest.mark.parametrize("stage", ["off", "rolled_back"])
def test_what_serves_nobody_cannot_be_rolled_back(home, stage):
    world = World(
        Store.open(home.store_url),
        home,
        a_policy(start="off" if stage == "off" else "mirror"),
    )
    world.tick()
    if stage == "rolled_back":
        world.desk.roll_back(ERIK, KEY, "once")
    says = (
        "it is off.*`crossfade resume` begins" if stage == "off" else "already.*resume` mirrors"
    )
    with pytest.raises(Conflict, match=says):
        world.desk.roll_back(ERIK, KEY, "again")


def test_a_person_mirrors_again_after_the_cooldown_as_a_new_attempt(world):
    world.good(10)
    world.desk.roll_back(ERIK, KEY, "by mistake")
    with pytest.raises(Conflict, match="mirrored again in 60 seconds"):
        world.desk.resume(ERIK, KEY, "sorry")
    world.clock.pass_s(60)
    world.controller.tick()
    world.desk.resume(ERIK, KEY, "sorry")
    world.tick()
    view = world.view()
    assert (view.stage, view.attempt, view.sessions) == ("mirror", 2, 0)


def test_resuming_what_nobody_holds_is_refused(world):
    with pytest.raises(Conflict, match="nobody holds it"):
        world.desk.resume(ERIK, KEY, "go")


def test_a_second_hold_is_refused_and_names_the_first(world):
    world.desk.hold(ERIK, KEY, "wait")
    with pytest.raises(Conflict, match="held by erik"):
        world.desk.hold(ANNA, KEY, "me too")


def test_a_candidate_that_changed_in_canary_cannot_be_resumed(world):
    world.to_canary()
    world.controller = world.another("second", a_policy(candidate="newer"))
    world.clock.pass_s(6)
    world.controller.tick()
    with pytest.raises(Conflict, match="restore the policy"):
        world.desk.resume(ANNA, KEY, "never mind")
    assert world.desk.roll_back(ANNA, KEY, "start over").to_stage == "rolled_back"


def test_an_unknown_rollout_is_named_with_those_that_are_known(world):
    with pytest.raises(UnknownRollout, match="known: clinic/chat"):
        world.desk.hold(ERIK, ("clinic", "audio"), "wait")


def test_a_standby_does_nothing_for_anybody(world):
    standby = world.another("standby")
    standby.tick()
    world.controller = standby
    with pytest.raises(StandsBy):
        world.desk.roll_back(ERIK, KEY, "now")
