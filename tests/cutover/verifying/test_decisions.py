"""Moves replayed, and approvals held against what an approval has to be."""

import pytest
from bundles import MemoryLog, approve, bundle, busy, checked

from cutover.identity.claims import FRESH_S
from cutover.stages import TRANSITIONS
from cutover.verifying.legal import FRESH_US, LEGAL_MOVES, PROMOTIONS


def test_the_legal_moves_are_those_of_the_stage_table():
    assert {
        stage.value: {signal.value: to.value for signal, to in row.items()}
        for stage, row in TRANSITIONS.items()
    } == LEGAL_MOVES
    assert set(PROMOTIONS) <= {signal for row in LEGAL_MOVES.values() for signal in row}
    assert FRESH_US == FRESH_S * 1_000_000


def moved(log, signal, before, after, epoch, *by, **more):
    kind, name = by or ("service", "controller")
    log.add(
        "state.transition",
        {"signal": signal, "from_stage": before, "to_stage": after, "epoch": epoch, **more},
        kind=kind, name=name, of=("rollout", "clinic/chat"),
    )  # fmt: skip


def found(log):
    log.sign()
    report = checked(bundle(log))
    return [
        (one.event, one.what) for one in report.findings if one.check in ("approvals", "moves")
    ]


@pytest.fixture
def log():
    log = MemoryLog()
    moved(log, "start", "off", "mirror", 1)
    return log


def test_a_whole_life_of_a_rollout_is_legal():
    assert checked(bundle(busy())).code == 0


@pytest.mark.parametrize(
    ("move", "words"),
    [
        (("go_live", "canary", "live", 2), "stood in mirror"),
        (("widen", "mirror", "canary", 2), "no legal move"),
        (("roll_back", "mirror", "off", 2), "no legal move"),
        (("roll_back", "mirror", "rolled_back", 3), "the one before was 1"),
        (("fly", "mirror", "live", 2), "no legal move"),
    ],
)
def test_a_move_that_the_table_has_not_is_named(log, move, words):
    moved(log, *move)
    ((event, what),) = found(log)
    assert (event, words in what) == (2, True), what


def test_a_promotion_by_a_person_needs_their_approval(log):
    moved(log, "enter_canary", "mirror", "canary", 2, "human", "aminah")
    ((event, what),) = found(log)
    assert (event, "no approval of theirs" in what) == (2, True)


def test_a_promotion_that_waits_for_people_is_not_made_without_them(log):
    approve(log, "enter_canary", 1)
    del log.events[-1]  # the approval
    moved(log, "enter_canary", "mirror", "canary", 2)
    ((event, what),) = found(log)
    assert (event, "nobody approved" in what) == (3, True)


def test_a_promotion_that_needs_nobody_and_a_rollback_by_anybody_are_fine(log):
    moved(log, "enter_canary", "mirror", "canary", 2)
    moved(log, "roll_back", "canary", "rolled_back", 3, "human", "siti")
    assert found(log) == []


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"proposer": "aminah"}, "their own proposal"),
        ({"evidence_sha256": "f" * 64}, "evidence_sha256"),
        ({"policy_sha256": "f" * 64}, "policy_sha256"),
        ({"candidate": "f" * 64}, "candidate"),
        ({"auth_us": 1}, "proved who they are"),
    ],
)
def test_an_approval_that_does_not_count_is_named(log, told, words):
    approve(log, "enter_canary", 1, **told)
    ((event, what),) = found(log)
    assert (event, words in what) == (3, True), what


def test_a_service_approves_nothing(log):
    approve(log, "enter_canary", 1)
    log.events[-1] = log.events[-1].replace('"kind":"human"', '"kind":"service"')
    assert "is no person" in found(log)[0][1]


def test_an_approval_is_used_once_and_not_after_a_no(log):
    approve(log, "enter_canary", 1)
    moved(log, "enter_canary", "mirror", "canary", 2, "human", "aminah")
    again = {"proposal": "p1", "signal": "enter_canary", "epoch": 1, "to_share": "5", "policy_sha256": "a" * 64,
             "candidate": "c" * 64, "evidence_sha256": "d" * 64}  # fmt: skip
    log.add("approval.given", again, kind="human", name="siti", of=("rollout", "clinic/chat"))
    ((event, what),) = found(log)
    assert (event, "had ended: used" in what) == (5, True)


def test_a_rejected_proposal_moves_nothing(log):
    approve(log, "enter_canary", 1)
    log.add(
        "proposal.rejected",
        {"proposal": "p1"},
        kind="human",
        name="siti",
        of=("rollout", "clinic/chat"),
    )
    moved(log, "enter_canary", "mirror", "canary", 2, "human", "aminah")
    ((event, what),) = found(log)
    assert (event, "no approval of theirs" in what) == (5, True)


def test_an_approval_twice_or_of_no_proposal_is_named(log):
    approve(log, "enter_canary", 1)
    log.events.append(log.events[-1])
    log.events.pop()
    told = {"proposal": "p9", "signal": "enter_canary", "epoch": 1}
    log.add("approval.given", told, kind="human", name="siti", of=("rollout", "clinic/chat"))
    ((event, what),) = found(log)
    assert (event, "not in the bundle" in what) == (4, True)


def test_the_first_move_in_sight_needs_the_one_before_it():
    log = MemoryLog()
    moved(log, "go_live", "canary", "live", 4)
    ((_, what),) = found(log)
    assert "no move before this one" in what
    assert checked(bundle(log)).code == 2


def test_details_of_another_kind_are_a_finding_and_no_traceback(log):
    log.add("state.transition", {"signal": 3}, of=("rollout", "clinic/chat"))
    log.add("approval.given", {}, of=("rollout", "clinic/chat"))
    assert {event for event, _ in found(log)} == {2, 3}
