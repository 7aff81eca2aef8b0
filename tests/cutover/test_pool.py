"""The pool: what it reads of whom, and what a stage that begins takes from it."""

import json

import pytest
from builders import REHEARSAL
from rollouts import ANNA, KEY, World, a_policy

from cutover import course, dossier, history
from cutover.again import Outcome
from cutover.bets import EVENLY_SPREAD, recorded
from cutover.observation import retold
from cutover.pool import MOST_SESSIONS, Pool
from cutover.replay import outcome, replay
from cutover.rollout import Rollout
from cutover.stages import Stage
from cutover.tally import Account
from mirror.candidate import candidate_fingerprint
from mirror.journal.store import Store
from policies.low_traffic import BetsFrom, LowTraffic

SECOND_KEY = ("second", "chat")


def two_tenants(*, terms=REHEARSAL, clinic=None, second=None, rollout=None):
    """`clinic` and `second` on their way to the same model; `second` is started by a person."""
    base = a_policy().model_dump(mode="json")
    written, tenant = base["rollouts"][0], base["tenants"]["clinic"]
    return a_policy(
        terms=terms,
        tenants={
            "clinic": tenant | (clinic or {}),
            "second": tenant | {"identify": {"header": "second"}} | (second or {}),
        },
        rollouts=[written, written | {"tenant": "second", "start": "off"} | (rollout or {})],
    )


@pytest.fixture
def store(home):
    opened = Store.open(home.store_url)
    yield opened
    opened.close()


def began(world, pool=None):
    """The spread of a mirror that `second` would begin now."""
    declared = world.policy.rollouts[1]
    after = Rollout("second", "chat", Stage.MIRROR, 0, 1, 1, world.clock(), "c")
    return (pool or Pool(world.policy, world.store)).spread(declared, after)


def after_sessions(store, home, sessions=30, **changes):
    world = World(store, home, two_tenants(**changes))
    world.tick()
    world.good(sessions)
    return world


def test_a_stage_begins_with_the_bets_that_another_tenants_sessions_favoured(store, home):
    world = after_sessions(store, home)
    spread = began(world)
    assert (spread.tenants, spread.sessions) == (1, 30)
    assert spread.weights["errors"][-1] > 0.11 > spread.weights["errors"][0]
    assert "relative_latency" not in spread.weights  # nobody saw any


def test_before_anybody_has_shown_anything_bets_are_even(store, home):
    world = World(store, home, two_tenants())
    world.tick()
    assert began(world).weights == {}


def test_a_tenants_own_sessions_are_never_in_its_weights(store, home):
    world = after_sessions(store, home)
    after = Rollout(*KEY, Stage.CANARY, 0, 2, 1, world.clock(), "c")
    assert Pool(world.policy, store).spread(world.policy.rollouts[0], after).weights == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"clinic": {"pool": False}},
        {"second": {"pool": False}},
        {"second": {"reask": False}},
        {"rollout": {"terms": {"gates": {"errors": {"at_most": 0.2}}}}},
        {"rollout": {"primary": {"upstream": "gpu", "model": "own"}}},
        {"rollout": {"candidate": {"upstream": "cloud", "model": "big"}}},
        {
            "terms": REHEARSAL.model_copy(
                update={"low_traffic": LowTraffic(bets=BetsFrom.UNIFORM)}
            )
        },
    ],
    ids=[
        "gives nothing",
        "takes nothing",
        "basis",
        "margins",
        "primary",
        "candidate",
        "uniform",
    ],
)
def test_who_forbids_it_or_is_not_alike_is_in_no_pool(store, home, changes):
    assert not began(after_sessions(store, home, 3, **changes)).weights


@pytest.mark.parametrize("stage", [Stage.LIVE, Stage.ROLLED_BACK, Stage.OFF])
def test_stages_that_promote_nothing_bet_evenly(store, home, stage):
    world = after_sessions(store, home, 3)
    after = Rollout(*SECOND_KEY, stage, 0, 1, 1, world.clock(), "c")
    assert Pool(world.policy, store).spread(world.policy.rollouts[1], after) is EVENLY_SPREAD
    assert Pool(world.policy, store).spread(None, after) is EVENLY_SPREAD


def test_a_pool_is_read_again_after_ten_seconds_and_only_what_is_new(store, home):
    world = after_sessions(store, home, 3)
    pool = Pool(world.policy, store)
    assert began(world, pool).sessions == 3
    world.good(2)
    assert began(world, pool).sessions == 3
    world.clock.pass_s(10)
    assert began(world, pool).sessions == 5
    assert began(world, pool).weights == began(world).weights


def test_no_more_than_the_first_sessions_of_a_mirror_are_read(store, home, monkeypatch):
    world = after_sessions(store, home, 5)
    assert MOST_SESSIONS > 5
    monkeypatch.setattr("cutover.pool.MOST_SESSIONS", 4)
    assert began(world).sessions == 4


def test_the_mirror_of_another_candidate_is_no_part_of_it(store, home):
    world = after_sessions(store, home, 3)
    changed = a_policy(candidate="new")
    base = two_tenants().model_dump(mode="json") | {
        "upstreams": changed.model_dump(mode="json")["upstreams"]
    }
    for one in base["rollouts"]:
        one["candidate"]["model"] = "new"
    policy = type(world.policy).model_validate(base)
    later = world.another("first", policy)
    assert candidate_fingerprint(policy, policy.rollouts[0]) != candidate_fingerprint(
        world.policy, world.policy.rollouts[0]
    )
    later.tick()  # begins the mirror anew
    assert (
        not Pool(policy, store)
        .spread(
            policy.rollouts[1], Rollout(*SECOND_KEY, Stage.MIRROR, 0, 1, 1, world.clock(), "c")
        )
        .weights
    )


def started(world):
    """`second` is mirrored from now on, and the world's sessions are its."""
    world.desk.resume(ANNA, SECOND_KEY, "its turn")
    world.controller.tick()
    world.key = SECOND_KEY


def test_the_weights_are_recorded_with_the_move_and_every_number_comes_out_again(store, home):
    world = after_sessions(store, home)
    started(world)
    with store.read() as conn:
        first = history.moves(conn, SECOND_KEY)[0]
    begins = json.loads(first.evidence)["begins"]
    assert begins["candidate"] == world.controller.cabinet.file(SECOND_KEY).rollout.candidate
    assert recorded(first.evidence).sessions == 30
    world.until_proposed()
    before = world.view().evidence
    again = world.another("first")  # a restart
    again.tick()
    assert [one["for"] for one in again.view(SECOND_KEY).evidence] == [
        pytest.approx(one["for"]) for one in before
    ]
    world.approve()
    rules = dossier.rules_of(world.policy, world.policy.rollouts[1])
    with store.read() as conn:
        found = list(replay(conn, SECOND_KEY, lambda _: rules))
    assert found[0].standing.spread == recorded(first.evidence)
    assert found[0].verdict.outcome is Outcome.EQUAL
    assert outcome(found) is Outcome.EQUAL


def test_with_a_pool_like_itself_a_tenant_is_promoted_sooner(store, home):
    world = after_sessions(store, home, 60)
    taken = {}
    for bets in ("uniform", "pool"):
        rules = dossier.rules_of(world.policy, world.policy.rollouts[1])
        weights = began(world).weights if bets == "pool" else {}
        account = Account.begin(rules, Stage.MIRROR, 0, weights)
        with store.read() as conn:
            kept = course.observations(conn, KEY, 1)
        sessions = [retold(one.values) for one in kept]
        account.resume(sessions[:40])
        taken[bets] = [gate.shown.log_e for gate in account.closed.gates[:4]]
    assert all(b > a for a, b in zip(taken["uniform"], taken["pool"], strict=True))
