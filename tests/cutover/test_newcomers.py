"""The sessions that began at a canary step, counted from what was accepted."""

import json
from dataclasses import replace

import pytest
from builders import REHEARSAL, REHEARSAL_RULES, accepted
from rollouts import SECOND, World, a_policy

from cutover.evidence import dossier
from cutover.evidence.again import Outcome
from cutover.evidence.replay import replay
from cutover.evidence.sample_ratio import SampleRatio
from cutover.newcomers import BEFORE_US, FOLLOWED_US, SOON_US, Newcomers, count
from cutover.rollout import Rollout
from cutover.stages import Stage
from mirror.exchange import Side
from mirror.journal import exchanges
from mirror.journal.seal import Sealer
from mirror.journal.store import Store

SINCE_US = 10**15
FROM_US = SINCE_US + FOLLOWED_US
AT_20 = Rollout("clinic", "chat", Stage.CANARY, 0, 7, 1, SINCE_US, "c" * 64)
PRIMARY, CANDIDATE = Side.PRIMARY, Side.CANDIDATE


@pytest.fixture
def put(store, home):
    """Records that a request of a session was accepted, some seconds after a step was well known."""
    sealer = Sealer.open(home)
    number = 0

    def put(session, side, after_s=1.0, **values):
        nonlocal number
        number += 1
        given = {"tenant": "clinic", "route": "chat", "epoch": 7, "stage": "canary", **values}
        accept = accepted(
            number,
            session=session,
            serving=side,
            accepted_us=FROM_US + round(after_s * SECOND),
            **given,
        )
        with store.write() as conn:
            exchanges.record_accept(conn, accept, sealer)

    return put


@pytest.fixture
def counted(store):
    def counted(rollout=AT_20):
        with store.read() as conn:
            return count(conn, rollout, REHEARSAL)

    return counted


def test_a_session_counts_once_on_the_side_of_its_first_request(put, counted):
    put("a", CANDIDATE, 1)
    put("a", PRIMARY, 2)
    put("b", PRIMARY, 1)
    put("b", CANDIDATE, 2)
    put("c", PRIMARY)
    assert counted() == SampleRatio(0.2, 3, 1)


def test_whom_the_candidate_was_kept_from_was_given_to_it_all_the_same(put, counted):
    put("a", PRIMARY, kept="diverted")
    put("b", PRIMARY, kept="emergency")
    put("c", CANDIDATE, 1)
    put("c", PRIMARY, 2, kept="diverted")
    put("d", PRIMARY)
    assert counted() == SampleRatio(0.2, 4, 3, (("diverted", 2), ("emergency", 1)))


def test_who_was_there_before_the_step_was_well_known_is_left_out(put, counted):
    put("early", CANDIDATE, -1)
    put("early", CANDIDATE, 1)
    put("mirrored", PRIMARY, -BEFORE_US / SECOND + 1, epoch=6, stage="mirror")
    put("mirrored", PRIMARY, 1)
    put("gone", PRIMARY, -30)
    put("back after an hour", PRIMARY, -BEFORE_US / SECOND - 1, epoch=6, stage="mirror")
    put("back after an hour", PRIMARY, 5)
    put("new", PRIMARY, 0)
    assert counted() == SampleRatio(0.2, 2, 0, before=2)


def test_who_was_answered_by_an_old_table_counts(put, counted):
    put("a", PRIMARY, epoch=6, stage="mirror")
    put("b", PRIMARY, epoch=0, stage="off")
    put("c", CANDIDATE)
    assert counted() == SampleRatio(0.2, 3, 1)


def test_others_do_not(put, counted):
    put("a", CANDIDATE, tenant="other")
    put("b", CANDIDATE, route="reason")
    assert counted() == SampleRatio(0.2)
    assert counted(replace(AT_20, step=1)).part == 0.5


def test_it_is_counted_where_there_is_something_to_count_and_not_too_often():
    times = []
    counts = iter(range(100))

    class Counting:
        def execute(self, _):
            times.append(next(counts))
            return ()

    def follow(before, heard, after_s, rollout=AT_20):
        return before.followed(
            Counting, rollout, REHEARSAL_RULES, heard, SINCE_US + round(after_s * SECOND)
        )

    first = follow(Newcomers(), 100, 1)
    assert first.ratio == SampleRatio(0.2) and len(times) == 1
    soon_s = SOON_US / SECOND
    assert follow(first, 200, soon_s) is first
    assert follow(first, 104, soon_s + 1) is first
    second = follow(first, 105, soon_s + 1)
    assert len(times) == 2 and second.heard == 105
    assert follow(second, 105, 10 * soon_s) is second
    follow(second, 106, 0)  # the clock went back
    follow(second, 90, 10 * soon_s)  # another dossier
    follow(second, 105, 2, replace(AT_20, step=1, epoch=8))
    assert len(times) == 5
    mirror = replace(AT_20, stage=Stage.MIRROR)
    assert follow(second, 300, 100, mirror) == Newcomers() and len(times) == 5


@pytest.fixture
def starved(home):
    """A rollout in canary whose candidate is given nothing of its share, as by a proxy with an old table."""
    store = Store.open(home.store_url)
    world = World(store, home, a_policy())
    world.tick()
    world.to_canary()
    world.good(140, serving=PRIMARY)
    yield world
    store.close()


def test_a_canary_that_gets_nothing_of_its_share_is_held_and_never_rolled_back(starved):
    view = starved.view()
    (told,) = [gate for gate in view.evidence if gate["gate"] == "sample_ratio"]
    assert (view.stage, view.verdict) == ("canary", "hold")
    assert told["sentence"] in view.reasons
    assert "the candidate to be given its share of the sessions" in view.waits_for
    assert "0 were given to the candidate, 0 %, where its share is 20 %" in told["sentence"]
    assert told["against"] >= told["roll_back_at"] and told["mode"] == "hold"


def test_harm_rolls_it_back_all_the_same_and_the_counts_are_frozen_with_the_move(starved):
    starved.until("rolled_back", bad=True)
    look = json.loads(starved.controller.course(starved.key)[0][-1].evidence)["look"]
    assert look["ratio"]["sessions"] > 60
    rules = dossier.rules_of(starved.policy, starved.policy.rollouts[0])
    with starved.store.read() as conn:
        again = list(replay(conn, starved.key, lambda sha256: rules))
    assert [one.verdict.outcome for one in again] == [Outcome.EQUAL] * 2
