"""A dry run over a whole way: what would have been done is written once, and the controller moves nothing."""

import json

import pytest
from builders import REHEARSAL
from crowd import slowly
from rollouts import ANNA, ERIK, KEY, World, a_policy
from sqlalchemy import delete, update

from cutover import people_tables, tables, would_be
from cutover.desk import Yes
from cutover.emergency.switchboard import Switchboard
from cutover.evidence.again import Outcome
from cutover.evidence.replay import outcome, replay
from cutover.refusals import Conflict
from mirror.journal.store import Store

DRY = REHEARSAL.model_copy(update={"dry_run": True})
ASKING = "the move to 20 % of the sessions would have been proposed"


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home, a_policy(terms=DRY))
    world.tick()
    yield world
    store.close()


def told(world):
    """Kinds of what would have been done, by the event log."""
    types = [one["type"] for one in world.events()]
    return [type.removeprefix("dry_run.") for type in types if type.startswith("dry_run.")]


def in_canary(home):
    """A rollout that people let into canary, of which a dry run begins then."""
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.to_canary()
    world.controller = world.another("second", a_policy(terms=DRY))
    world.clock.pass_s(6)
    world.tick()
    return world


def test_what_would_have_been_proposed_is_written_once_and_nothing_moves(world):
    world.good(100)
    view = world.view()
    assert (view.stage, view.verdict, view.proposal) == ("mirror", "promote", None)
    assert told(world) == ["would_propose"]
    assert ASKING in view.reasons[0] and view.reasons[0].startswith("DRY RUN: ")
    assert view.dry_run == (view.reasons[0],)
    assert view.waits_for == "the end of its dry run (`dry_run` in the policy)"
    (event,) = world.events("dry_run.would_propose")
    assert event["actor"] == {"kind": "service", "name": "controller"}
    assert (event["details"]["to_share"], event["details"]["needed"]) == ("20", 1)


def test_before_any_decision_it_is_said_that_this_is_a_dry_run(world):
    view = world.view()
    assert view.dry_run == (
        "DRY RUN: decisions are written down, and the controller moves nothing",
    )
    assert view.reasons[0] == view.dry_run[0]


def test_harm_would_have_rolled_back_and_after_that_nothing_is_written(world):
    world.good(60)
    world.good(40, bad=True)
    world.good(100)
    assert told(world) == ["would_propose", "would_roll_back"]
    view = world.view()
    assert view.stage == "mirror"
    assert "it would have been rolled back" in view.dry_run[0]
    assert ASKING in view.dry_run[1]


def test_in_canary_harm_rolls_back_all_the_same(home):
    world = in_canary(home)
    assert "the controller widens nothing; harm rolls back as ever" in world.view().dry_run[0]
    world.good(40, bad=True)
    assert (world.view().stage, world.standing().share) == ("rolled_back", 0.0)
    assert told(world) == []
    world.store.close()


def test_in_canary_a_rollback_waits_for_its_primary_as_ever(home):
    world = in_canary(home)
    Switchboard(world.controller).drain(ANNA, "cloud", 600, "maintenance")
    world.good(20, replied=slowly)
    assert world.view().stage == "canary"
    assert "the primary is drained" in world.view().waits_for
    world.store.close()


def test_a_step_that_asks_nobody_would_have_been_widened(home):
    world = in_canary(home)
    world.good(40)
    assert told(world) == ["would_promote"]
    assert world.view().share == 20.0
    assert "it would have moved to 50 % of the sessions" in world.view().dry_run[0]
    world.store.close()


def test_a_person_still_rolls_back_and_declares_an_emergency(home):
    world = in_canary(home)
    Switchboard(world.controller).switch_on(ERIK, *KEY, "fire")
    assert world.tables[-1].in_emergency(*KEY)
    assert world.desk.roll_back(ERIK, KEY, "wrong doses").to_stage == "rolled_back"
    assert world.standing().share == 0.0
    world.store.close()


def test_nobody_proposes_in_a_dry_run(world):
    world.good(60)
    with pytest.raises(Conflict, match="dry run: nothing is widened until"):
        world.desk.propose(ANNA, KEY, "now")


def test_a_proposal_of_before_does_not_outlive_the_beginning_of_a_dry_run(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    id = world.until_proposed()["id"]
    world.controller = world.another("second", a_policy(terms=DRY))
    world.clock.pass_s(6)
    world.tick()
    with pytest.raises(Conflict, match="void: the policy changed"):
        world.desk.approve(ANNA, KEY, id, Yes("late"))
    store.close()


def test_it_is_written_once_also_by_the_controller_that_takes_over(world):
    world.good(60)
    world.controller = world.another("second")
    world.clock.pass_s(6)
    world.good(20)
    assert told(world) == ["would_propose"]
    assert ASKING in world.view().dry_run[0]


def test_when_the_dry_run_is_over_what_is_shown_is_proposed(world):
    world.good(60)
    world.controller = world.another("second", a_policy())
    world.clock.pass_s(6)
    world.good(2)
    assert world.view().proposal
    assert world.view().dry_run == ()


def test_a_dry_run_decides_when_a_real_one_does(world, tmp_path):
    from mirror.journal.home import Home

    other = Home.open(tmp_path / "other")
    real = World(Store.open(other.store_url), other)
    real.tick()
    real.until_proposed()
    world.good(real.count - 1)
    assert told(world) == []
    world.good(1)
    assert told(world) == ["would_propose"]
    with world.store.read() as conn:
        (one,) = would_be.of(conn, KEY)
    with real.store.read() as conn:
        text = conn.execute(tables.proposal.select()).mappings().one()["evidence"]
    mine, theirs = json.loads(one.evidence), json.loads(text)
    assert mine["evidence"] == theirs["evidence"]
    assert mine["reasons"] == theirs["reasons"]
    real.store.close()


def again(world):
    from cutover.evidence import dossier

    rules = dossier.rules_of(world.policy, world.policy.rollouts[0])
    with world.store.read() as conn:
        return list(replay(conn, KEY, lambda _: rules))


def test_replay_computes_what_would_have_been_done_again(world):
    world.good(60)
    world.good(40, bad=True)
    (standing,) = again(world)
    assert [(one.kind, found.outcome) for one, found in standing.would] == [
        ("would_propose", Outcome.EQUAL),
        ("would_roll_back", Outcome.EQUAL),
    ]
    assert outcome([standing]) is Outcome.EQUAL


def test_what_was_altered_of_a_dry_run_is_found(world):
    world.good(60)
    with world.store.write() as conn:
        (one,) = would_be.of(conn, KEY)
        other = json.dumps(json.loads(one.evidence) | {"sessions": 7})
        conn.execute(update(people_tables.would_be).values(evidence=other))
    (standing,) = again(world)
    assert "sessions recorded 7" in standing.would[0][1].why
    assert outcome([standing]) is Outcome.DIFFERS
    with world.store.write() as conn:
        conn.execute(update(people_tables.would_be).values(evidence=one.evidence))
        conn.execute(delete(tables.observation).where(tables.observation.c.number > 3))
    (standing,) = again(world)
    assert standing.would[0][1].outcome is Outcome.GAP
