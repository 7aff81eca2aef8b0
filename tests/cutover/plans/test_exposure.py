"""Steps given in sessions, by the traffic of the days before, and over a whole way."""

from dataclasses import replace

import pytest
from builders import REHEARSAL
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from rollouts import KEY, World, a_policy, insert_exchange

from cutover.plans.exposure import DAY_US, SMALLEST, begun, busiest_day, share
from cutover.rollout import Rollout
from cutover.stages import Stage
from mirror.journal.store import Store
from policies.steps import Step, Steps

HOUR_S = 3600
TERMS = REHEARSAL.model_copy(
    update={
        "steps": (
            Step(sessions=10, soak_s=0),
            Step(percent=5, min_served=10, soak_s=0),
            Step(sessions=60, min_served=10, soak_s=0),
        )
    }
)


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home, a_policy(terms=TERMS))
    world.tick()
    yield world
    store.close()


def busiest(world):
    with world.store.read() as conn:
        return busiest_day(conn, KEY, 1, world.clock())


def test_a_share_brings_so_many_of_a_days_sessions_and_never_more_than_all():
    assert share(50, 1000) == 5.0
    assert share(50, 20) == 100.0
    assert share(1, 1e9) == SMALLEST
    assert share(50, 0) == SMALLEST


def test_the_busiest_of_the_last_seven_days_is_counted_by_sessions(world):
    for sessions in (3, 7, 2):
        for number in range(sessions):
            for _ in range(2):  # two exchanges of one session
                insert_exchange(world, session=f"d{world.clock() // DAY_US}-{number}")
                world.count += 1
                world.clock.pass_s(1)
        world.clock.pass_s(24 * HOUR_S)
    assert busiest(world) == 7
    world.clock.pass_s(5.5 * 24 * HOUR_S)
    assert busiest(world) == 2
    world.clock.pass_s(7 * 24 * HOUR_S)
    assert busiest(world) == 0


def test_less_than_a_day_of_traffic_counts_at_its_rate(world):
    for _ in range(6):
        world.exchange()
        world.clock.pass_s(HOUR_S)
    assert busiest(world) == pytest.approx(24, rel=0.01)


def test_both_engines_count_alike(store, home):
    world = World(store, home)
    world.tick()
    for number in range(6):
        insert_exchange(world, session=f"s{number // 2}", pending=True)
        world.count += 1
        world.clock.pass_s(3 * HOUR_S)
    assert busiest(world) == pytest.approx(3 * 24 / 18, rel=0.01)


def test_other_rollouts_traffic_is_not_ours(world):
    world.exchange()
    with world.store.read() as conn:
        assert busiest_day(conn, ("other", "chat"), 1, world.clock()) == 0


def test_a_step_in_sessions_is_proposed_approved_and_served_at_one_share(world):
    proposal = world.until_proposed()
    # A session a second was seen for two minutes: at the rate of an hour's count, 24 times that.
    seen = world.count
    assert proposal["to_share"] == pytest.approx(share(10, seen * 24), abs=0.05)
    world.clock.pass_s(2 * HOUR_S)  # the traffic is another by the time of the approval
    world.tick()
    assert world.approve().applied
    assert world.standing().share == world.view().share == proposal["to_share"]
    (_, moved) = world.events("state.transition")
    assert moved["details"]["to_share"] == f"{proposal['to_share']:g}"


def test_later_steps_never_fall_below_it_and_another_controller_knows_it(world):
    world.until_proposed()
    world.approve()
    shares = [world.view().share]
    for _ in range(80):
        world.good(1)
        if world.view().step != len(shares) - 1:
            shares.append(world.view().share)
        if len(shares) == 3:
            break
    assert len(shares) == 3
    assert shares == sorted(shares)
    assert shares[1] == 5.0
    world.controller = world.another("second")
    world.clock.pass_s(6)
    world.controller.tick()
    assert world.view().share == shares[2]


@st.composite
def rising(draw):
    """Steps of both measures, each rising, in any order."""
    percents = sorted(draw(st.sets(st.floats(0.1, 99), max_size=4)))
    sessions = sorted(draw(st.sets(st.integers(1, 1000), max_size=4)))
    kinds = draw(st.permutations("p" * len(percents) + "s" * len(sessions)))
    return tuple(
        Step(percent=percents.pop(0)) if kind == "p" else Step(sessions=sessions.pop(0))
        for kind in kinds
    )


@given(rising(), st.data())
def test_whatever_the_traffic_no_step_moves_a_session_back(steps, data):
    before = 0.0
    for at in range(len(TypeAdapter(Steps).validate_python(steps))):
        after = Rollout("clinic", "chat", Stage.CANARY, at, 1, 1, 0, "c")
        by_traffic = data.draw(st.floats(SMALLEST, 100))
        now = replace(after, canary_share=begun(None, before, after, steps, by_traffic))
        assert before <= now.share(steps) <= 100
        before = now.share(steps)


def test_outside_canary_there_is_no_share_to_keep():
    live = Rollout("clinic", "chat", Stage.LIVE, 0, 1, 1, 0, "c")
    assert begun(None, 50.0, live, TERMS.steps, 7.0) == 0.0
