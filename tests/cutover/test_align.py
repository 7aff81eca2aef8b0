"""What follows from the policy file alone."""

import pytest
from builders import REHEARSAL
from rollouts import ERIK, KEY, World, a_policy

from cutover.align import CHANGED, align, changed
from cutover.circumstances import circumstances
from cutover.evidence.yardstick import SETTLED
from cutover.refusals import Conflict
from mirror.exchange import Outcome, Side
from mirror.journal import tables
from mirror.journal.store import Store, insert_new
from mirror.routing import Asked, plan
from mirror.served import CLOUD
from policies.policy import RetriedBy, Retry


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


def replaced(world, policy):
    world.controller = world.another("next", policy)
    world.clock.pass_s(6)
    world.controller.tick()


def test_nothing_follows_while_the_policy_stays(world):
    before = world.events()
    align(world.controller.cabinet, world.controller.cabinet.file(KEY))
    assert world.events() == before
    assert not changed(world.controller.cabinet, world.controller.cabinet.file(KEY))


def test_a_policy_that_starts_it_later_starts_it(home):
    world = World(Store.open(home.store_url), home, a_policy(start="off"))
    world.tick()
    assert world.view().stage == "off"
    replaced(world, a_policy())
    assert (world.view().stage, world.view().attempt) == ("mirror", 1)


def test_a_changed_candidate_leaves_what_is_rolled_back_alone(world):
    world.desk.roll_back(ERIK, KEY, "enough")
    replaced(world, a_policy(candidate="newer"))
    assert (world.view().stage, world.view().held_by) == ("rolled_back", "")
    world.clock.pass_s(60)
    world.controller.tick()
    world.desk.resume(ERIK, KEY, "with the newer one")
    assert not changed(world.controller.cabinet, world.controller.cabinet.file(KEY))


def test_a_persons_hold_is_not_replaced_by_the_controllers(world):
    world.to_canary()
    world.desk.hold(ERIK, KEY, "wait")
    replaced(world, a_policy(candidate="newer"))
    assert world.view().held_by == "erik"
    assert CHANGED in world.view().reasons
    assert world.view().waits_for == f"erik to lift the hold: wait; and {CHANGED}"
    world.desk.resume(ERIK, KEY, "go on")
    world.tick()
    assert world.view().held_by == "controller"


def test_a_changed_candidate_is_never_promoted_further(world):
    world.to_canary()
    replaced(world, a_policy(candidate="newer"))
    world.good(40)
    assert world.view().share == 20


def answers(world, policy):
    """Who answers a session that the canary would give to the candidate, and how it is counted."""
    rollout = policy.rollouts[0]
    for number in range(100):
        asked = Asked(f"s{number}", "big", streaming=False)
        found = plan(policy, rollout, world.tables[-1], asked)
        if found.serving.side is Side.CANDIDATE:
            return Side.CANDIDATE, found.outcome
    return found.serving.side, found.outcome


def test_a_candidate_that_nobody_approved_answers_nobody_in_canary(world):
    world.to_canary()
    newer = a_policy(candidate="newer")
    assert answers(world, world.policy) == (Side.CANDIDATE, Outcome.PENDING)
    # Before the controller knows the new policy, and after.
    assert answers(world, newer) == (Side.PRIMARY, Outcome.EXCLUDED)
    replaced(world, newer)
    assert answers(world, newer) == (Side.PRIMARY, Outcome.EXCLUDED)
    around = circumstances(world.controller.cabinet, world.controller.cabinet.file(KEY))
    assert around.frozen == CHANGED
    # A proxy that has not read the new policy still has the candidate that was approved.
    assert answers(world, world.policy) == (Side.CANDIDATE, Outcome.PENDING)
    replaced(world, a_policy())
    assert answers(world, world.policy) == (Side.CANDIDATE, Outcome.PENDING)


def test_in_mirror_the_new_candidate_is_shadowed_from_its_new_attempt_on(world):
    newer = a_policy(candidate="newer")
    assert answers(world, newer) == (Side.PRIMARY, Outcome.EXCLUDED)
    replaced(world, newer)
    assert world.view().attempt == 2
    assert answers(world, newer) == (Side.PRIMARY, Outcome.PENDING)
    # The proxy of before shadows the old candidate: nothing of it joins the new attempt.
    assert answers(world, world.policy) == (Side.PRIMARY, Outcome.EXCLUDED)


def sight(world, what="the gateway fell back"):
    """A copy that another answered in the candidate's name."""
    world.exchange()
    with world.store.write() as conn:
        row = {"tenant": KEY[0], "route": KEY[1], "upstream": "gpu", "what": what}
        times = {"first_us": world.clock(), "last_us": world.clock(), "replies": 1}
        insert_new(conn, tables.sighting, row | times | {"answered_us": 0})
    world.tick()


@pytest.mark.parametrize("stage", ["mirror", "canary"])
def test_anothers_answer_holds_the_rollout_until_a_person_resumes_it(world, stage):
    if stage == "canary":
        world.to_canary()
    sight(world)
    assert (world.view().stage, world.view().held_by) == (stage, "controller")
    assert "fell back" in world.view().hold_reason
    assert world.view().waits_for.startswith("a person to look into it and resume: another")
    world.tick(3)
    assert len(world.events("hold.placed")) == 1
    world.desk.resume(ERIK, KEY, "the gateway has no fallback any more")
    world.tick(3)
    assert world.view().held_by == ""


def test_anothers_answer_is_held_again_where_it_goes_on(world):
    sight(world)
    world.desk.resume(ERIK, KEY, "mended")
    sight(world, "a second one")
    assert world.view().held_by == "controller"


def test_anothers_answer_outlives_the_controller_that_saw_it(world):
    sight(world)
    world.desk.hold(ERIK, KEY, "I look into it")
    replaced(world, world.policy)
    assert world.view().held_by == "erik"
    assert not world.standing().barred


def test_where_a_cloud_answered_for_a_tenant_that_forbids_it_the_candidate_is_barred(home):
    policy = a_policy(tenants={"clinic": {"identify": {"header": "c"}, "cloud": "forbidden"}})
    world = World(Store.open(home.store_url), home, policy)
    world.tick()
    sight(world)
    assert not world.standing().barred
    sight(world, f"{CLOUD}: its headers are those of OpenAI")
    assert world.standing().barred
    world.desk.resume(ERIK, KEY, "no fallback any more")
    assert not world.standing().barred


def sessions(world):
    """How many sessions are evidence now."""
    return world.controller.cabinet.file(KEY).dossier.account.closed.sessions


def test_other_comparators_begin_the_evidence_in_mirror_anew(world):
    world.good(15)
    assert sessions(world) == 15
    world.good(SETTLED, comparators="other")
    assert (world.view().stage, world.view().attempt, sessions(world)) == ("mirror", 1, 15)
    world.tick()
    assert (world.view().stage, world.view().attempt) == ("mirror", 2)
    assert world.events("state.transition")[-1]["reason"].startswith(
        "answers are compared with `other`"
    )
    world.good(2, comparators="other")
    assert sessions(world) == 2


def test_an_open_proposal_ends_where_comparators_changed(world):
    world.until_proposed()
    world.good(SETTLED, comparators="other")
    world.tick()
    assert world.view().proposal is None and world.view().stage == "mirror"


def test_evidence_of_two_comparators_is_never_added_up(world):
    for _ in range(30):
        world.good(1)
        world.good(1, comparators="other")
    assert sessions(world) == 30 and world.view().attempt == 1


def test_canary_widens_no_further_on_other_comparators_and_still_rolls_back(world):
    world.to_canary()
    share = world.view().share
    world.good(40, comparators="other")
    assert (world.view().stage, world.view().share) == ("canary", share)
    assert any("answers are compared with `other`" in why for why in world.view().reasons)
    world.good(60, comparators="other", bad=True)
    assert world.view().stage == "rolled_back"


def rolled_back_for_harm(world):
    """Rolled back by the controller; its view."""
    world.until("rolled_back", bad=True)
    return world.view()


def test_what_was_rolled_back_for_harm_is_mirrored_again_after_longer_and_longer_rests(world):
    for attempt, rest_s in ((1, 60), (2, 360), (3, 1440)):
        view = rolled_back_for_harm(world)
        assert view.attempt == attempt
        assert "then the controller mirrors it again" in view.waits_for
        world.clock.pass_s(rest_s - 2)
        world.tick()
        assert world.view().stage == "rolled_back"
        world.tick()
        assert (world.view().stage, world.view().attempt) == ("mirror", attempt + 1)
        moved = world.events("state.transition")[-1]
        assert moved["reason"] == f"its rest after rollback {attempt} of 3 is over"
    assert "a person to resume it" in rolled_back_for_harm(world).waits_for
    world.clock.pass_s(1_000_000)
    world.tick()
    assert world.view().stage == "rolled_back"
    world.desk.resume(ERIK, KEY, "mended")
    assert (world.view().stage, world.view().attempt) == ("mirror", 5)


def test_the_rest_goes_on_through_another_controller(world):
    rolled_back_for_harm(world)
    replaced(world, world.policy)
    assert "then the controller mirrors it again" in world.view().waits_for
    world.clock.pass_s(60)
    world.controller.tick()
    assert (world.view().stage, world.view().attempt) == ("mirror", 2)


def test_a_clock_that_jumps_ends_no_rest(world):
    rolled_back_for_harm(world)
    world.clock.jump_s(86_400)
    world.tick(2)
    assert world.view().stage == "rolled_back"
    assert "jumped 24.0 hours forward" in world.view().waits_for
    with pytest.raises(Conflict, match=r"rolled back; .*jumped 24\.0 hours forward"):
        world.desk.resume(ERIK, KEY, "it looks over")
    world.clock.jump_s(-86_400)
    world.tick()
    assert world.view().stage == "rolled_back"
    world.clock.pass_s(60)
    world.tick()
    assert (world.view().stage, world.view().attempt) == ("mirror", 2)


def test_a_clock_that_jumps_ends_no_proposal(world):
    world.until_proposed()
    world.clock.jump_s(400 * 86_400)
    world.tick(2)
    assert world.view().proposal
    world.clock.jump_s(-400 * 86_400)
    assert world.approve().applied


def test_what_a_person_rolled_back_or_holds_is_not_mirrored_again(world):
    world.desk.roll_back(ERIK, KEY, "enough")
    assert "a person to resume it" in world.view().waits_for
    world.clock.pass_s(100_000)
    world.tick()
    assert world.view().stage == "rolled_back"
    world.desk.resume(ERIK, KEY, "now")
    rolled_back_for_harm(world)
    world.desk.hold(ERIK, KEY, "until it is mended")
    world.clock.pass_s(100_000)
    world.tick()
    assert world.view().stage == "rolled_back"


def test_a_policy_may_leave_every_retry_to_people(home):
    terms = REHEARSAL.model_copy(update={"retry": Retry(by=RetriedBy.PERSON)})
    world = World(Store.open(home.store_url), home, a_policy(terms=terms))
    world.tick()
    assert "a person to resume it" in rolled_back_for_harm(world).waits_for
    world.clock.pass_s(100_000)
    world.tick()
    assert world.view().stage == "rolled_back"
