"""A report of acceptance as a gate: without a passed one nothing leaves mirror, and harm still rolls back."""

import pytest
from builders import REHEARSAL
from rollouts import KEY, ROOT, World, a_policy

from cutover import accepted
from cutover.accepted import Report, targets_digest
from cutover.people import Deed
from cutover.refusals import Conflict
from mirror.candidate import candidate_fingerprint
from mirror.journal.store import Store
from policies.acceptance import Acceptance
from policies.targets import Targets

POLICY = a_policy(terms=REHEARSAL.model_copy(update={"acceptance": Acceptance(required=True)}))


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home, policy=POLICY)
    world.tick()
    yield world
    store.close()


def keep(world, *, passed=True):
    (declared,) = world.policy.rollouts
    candidate = candidate_fingerprint(world.policy, declared)
    at_us = world.clock.now_us
    of = candidate, targets_digest(world.policy), "5" * 64, passed, at_us
    with world.store.write() as conn:
        accepted.keep(conn, [Report(*KEY, *of)], Deed(ROOT, at_us, ""), {})
    world.clock.pass_s(1)


def test_what_is_shown_waits_for_a_passed_report_and_is_proposed_once_it_is_there(world):
    with pytest.raises(AssertionError, match="no acceptance report"):
        world.until_proposed(most=60)
    assert "no acceptance report of this candidate" in world.view().waits_for
    keep(world, passed=False)
    world.tick()
    assert "has not passed" in world.view().waits_for and not world.view().proposal
    keep(world)
    world.tick()  # no traffic since
    assert world.view().proposal is not None


def test_an_approval_is_refused_where_the_newest_report_has_not_passed(world):
    keep(world)
    world.until_proposed()
    keep(world, passed=False)
    with pytest.raises(Conflict, match="has not passed"):
        world.approve()
    assert world.view().stage == "mirror"


def test_harm_is_never_held_up_by_a_missing_report(world):
    world.until("rolled_back", bad=True)


def test_other_targets_have_another_digest():
    other = a_policy(targets=Targets(reason_p95_s=1).model_dump())
    assert targets_digest(a_policy()) != targets_digest(other)
