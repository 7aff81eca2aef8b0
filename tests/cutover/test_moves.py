"""Moves and proposals as they are written."""

import pytest
from builders import REHEARSAL, rollout
from rollouts import a_policy

from cutover import history, moves
from cutover.approving import approvals
from cutover.decide import Propose
from cutover.evidence.standing import standings
from cutover.moves import Bound
from cutover.people import CONTROLLER, Deed
from cutover.stages import IllegalTransition, Signal, Stage
from cutover.views import NOT_JUDGED
from policies.policy import Step

BOUND = Bound("p" * 64, "n" * 64, NOT_JUDGED)
DEED = Deed(CONTROLLER, 500, "because")


def moved(store, before, *signals):
    with store.write() as conn:
        saved = history.create(conn, before)
        for signal in signals:
            saved, one = moves.move(conn, saved, signal, DEED, REHEARSAL.steps, BOUND)
    return saved.rollout, one


def test_a_move_carries_shares_actor_reason_and_evidence(store):
    after, one = moved(store, rollout(Stage.CANARY, 0), Signal.WIDEN)
    assert (after.step, after.epoch, after.since_us) == (1, 2, 500)
    move = one.transition
    assert (move.from_share, move.to_share, move.actor, move.reason) == (
        20.0,
        50.0,
        "controller",
        "because",
    )
    assert '"verdict":"hold"' in one.evidence


def test_narrowing_gives_back_what_the_last_widening_took(store):
    steps = (
        Step(sessions=20, min_served=10, soak_s=0),
        Step(percent=50, min_served=10, soak_s=0),
    )
    before = rollout(Stage.CANARY, 0, canary_share=7.5)
    with store.write() as conn:
        saved = history.create(conn, before)
        for signal in (Signal.WIDEN, Signal.NARROW):
            saved, one = moves.move(conn, saved, signal, DEED, steps, BOUND)
    assert (saved.rollout.step, saved.rollout.share(steps)) == (0, 7.5)
    assert (one.transition.from_share, one.transition.to_share) == (50.0, 7.5)


def test_mirroring_begins_with_the_candidate_of_now(store):
    after, _ = moved(store, rollout(Stage.OFF, epoch=0), Signal.START)
    assert (after.candidate, after.attempt) == ("n" * 64, 1)


def test_stopping_and_starting_is_another_attempt(store):
    signals = (Signal.STOP, Signal.START)
    after, _ = moved(store, rollout(Stage.MIRROR), *signals * 3)
    assert after.attempt == 4
    with store.read() as conn:
        for limit in (200, 2):
            (standing,) = standings(history.moves(conn, ("clinic", "chat"), limit))
            assert standing.attempt == 4


def test_a_move_the_table_does_not_have_writes_nothing(store):
    with pytest.raises(IllegalTransition):
        moved(store, rollout(Stage.LIVE), Signal.WIDEN)
    with store.read() as conn:
        assert history.moves(conn, ("clinic", "chat")) == []


def test_a_proposal_is_bound_to_what_it_rests_on():
    decided = Propose(Signal.ENTER_CANARY, 0.0, 20.0, 1, "shown")
    made = moves.proposal(rollout(), decided, DEED, 60, BOUND)
    assert (made.policy_sha256, made.candidate, made.epoch) == ("p" * 64, "n" * 64, 1)
    assert made.expires_us == 500 + 60_000_000
    assert len(made.evidence_sha256) == 64
    assert moves.proposal(rollout(), decided, DEED, 60, BOUND).id != made.id


def test_a_policy_that_demands_the_same_has_the_same_digest():
    assert moves.policy_digest(a_policy()) == moves.policy_digest(a_policy())
    assert moves.policy_digest(a_policy()) != moves.policy_digest(a_policy(start="off"))


def test_a_policy_without_the_parts_that_came_later_keeps_its_digest():
    written = a_policy().model_dump(mode="json")
    later = (*moves.LATER, "notify", "targets", "identity", "exports", "review")
    before = {name: part for name, part in written.items() if name not in later}
    assert moves.policy_digest(a_policy()) == approvals.digest(before)
    assert moves.policy_digest(a_policy(calendar={})) != moves.policy_digest(a_policy())


def test_who_is_told_is_no_demand_and_voids_nothing():
    told = {"to": "OPS", "location": "onprem", "hosts": ["mail.lan:25"]}
    assert moves.policy_digest(a_policy(notify=[told])) == moves.policy_digest(a_policy())
    assert moves.policy_digest(a_policy(review={"at": "04:00"})) == moves.policy_digest(
        a_policy()
    )
