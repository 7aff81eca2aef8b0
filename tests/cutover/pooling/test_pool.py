"""The pool: what it reads of whom, and what a stage that begins takes from it."""

import json

import pytest
from builders import REHEARSAL
from rollouts import ANNA, KEY, World, a_policy
from sqlalchemy import delete, select, update

from cutover import history, tables
from cutover.evidence import course, dossier
from cutover.evidence.again import Outcome
from cutover.evidence.bets import EVENLY_SPREAD, recorded
from cutover.evidence.observation import retold
from cutover.evidence.replay import outcome, replay
from cutover.evidence.tally import Account
from cutover.pooling.mirrors import MOST_SESSIONS
from cutover.pooling.pool import Pool
from cutover.rollout import Rollout
from cutover.stages import Stage
from mirror.candidate import candidate_fingerprint
from mirror.journal import events
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


NAMES = ("clinic", "b", "c", "d", "e", "second")


def a_fleet(*, own=20, others=(30, 30, 30, 30, 30), store, home, **low):
    """A world in which six tenants have so many good sessions, `second` the fewest, and the pool may be rested on."""
    base = a_policy().model_dump(mode="json")
    written, tenant = base["rollouts"][0], base["tenants"]["clinic"]
    given = {"pooled_gate": True, "pooled_from": 15} | low
    policy = a_policy(
        terms=REHEARSAL.model_copy(update={"low_traffic": LowTraffic(**given)}),
        tenants={name: tenant | {"identify": {"header": name}} for name in NAMES},
        rollouts=[written | {"tenant": name} for name in NAMES],
    )
    world = World(store, home, policy)
    world.tick()
    for name, count in zip(NAMES, (*others, own), strict=True):
        world.key = (name, "chat")
        for _ in range(count):
            world.exchange()
    world.clock.pass_s(10)
    world.tick()
    world.clock.pass_s(40)  # what is quiet is looked at again, and the pool read
    world.tick()
    return world


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
    monkeypatch.setattr("cutover.pooling.mirrors.MOST_SESSIONS", 4)
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


def test_a_tenant_with_few_sessions_is_proposed_on_the_pool_and_labelled_everywhere(
    store, home
):
    world = a_fleet(store=store, home=home)
    view = world.view()
    assert view.verdict == "promote", view.reasons
    assert view.pooled == dict.fromkeys(NAMES[:5], 30) | {"second": 20}
    assert view.proposal["pooled"] == view.pooled
    assert "pooled: this rests on 170 sessions of the model" in view.proposal["reason"]
    assert world.approve().applied
    with store.read() as conn:
        found = [json.loads(one.body) for one in events.read(conn, "second", limit=1_000)]
        rules = dossier.rules_of(world.policy, world.policy.rollouts[-1])
        again = list(replay(conn, SECOND_KEY, lambda _: rules))
    for type in ("approval.proposed", "approval.given", "state.transition"):
        details = [one for one in found if one["type"] == type][-1]["details"]
        assert details["evidence"] == "pooled"
        assert details["pooled"] == dict.fromkeys(NAMES[:5], 30) | {"second": 20}
    assert again[0].verdict.outcome is Outcome.EQUAL


@pytest.mark.parametrize(("gone", "found"), [(False, Outcome.DIFFERS), (True, Outcome.GAP)])
def test_a_session_of_the_pool_that_was_changed_or_lost_is_found(store, home, gone, found):
    world = a_fleet(store=store, home=home)
    assert world.approve().applied
    table = tables.observation
    one = (table.c.tenant == "b", table.c.number == 7)
    with store.write() as conn:
        text = conn.execute(select(table.c["values"]).where(*one)).scalar_one()
        worse = json.dumps(json.loads(text) | {"badness": {"errors": 1.0}})
        changed = update(table).where(*one).values({"values": worse})
        conn.execute(delete(table).where(*one) if gone else changed)
    rules = dossier.rules_of(world.policy, world.policy.rollouts[-1])
    with store.read() as conn:
        (mirror, *_) = replay(conn, SECOND_KEY, lambda _: rules)
    assert mirror.evidence.outcome is Outcome.EQUAL
    assert mirror.verdict.outcome is found
    assert mirror.verdict.why.startswith("the pool: ")


def test_unless_the_policy_asks_nothing_rests_on_a_pool(store, home):
    world = a_fleet(store=store, home=home, pooled_gate=False)
    assert world.view().verdict == "hold"
    assert not any("pool" in reason for reason in world.view().reasons)


def test_with_four_tenants_that_have_sessions_the_pool_shows_nothing_and_says_so(store, home):
    world = a_fleet(store=store, home=home, others=(30, 30, 30, 0, 0))
    assert world.view().verdict == "hold"
    assert "none with over a fifth of them, and has 4" in world.view().reasons[-1]


def test_a_tenant_that_was_rolled_back_ends_what_the_others_may_rest_on(store, home):
    world = a_fleet(store=store, home=home, own=5)
    world.key = ("b", "chat")
    for _ in range(40):
        world.exchange(bad=True)
    world.tick(2)
    assert world.view().stage == "rolled_back"
    world.key = SECOND_KEY
    for _ in range(12):
        world.exchange()
    world.clock.pass_s(40)
    world.tick()
    assert world.view().verdict == "hold"
    why = "b was rolled back, and nobody has let it go on since: its tenants are not alike"
    assert world.view().reasons[-1].endswith(why)


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
