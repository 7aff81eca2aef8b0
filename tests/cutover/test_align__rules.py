"""A policy that changes how sessions count: what was recorded before is never read as if it were of now."""

import pytest
from builders import REHEARSAL
from rollouts import KEY, World, a_policy
from sqlalchemy import delete

from cutover.bygone import Bygone
from cutover.controller import Controller
from cutover.evidence.stretches import BEGUN_ANEW, measure
from mirror.journal.store import Store

# What changes, the policy before it and the one after it, and the key that is named.
CHANGES = {
    "consent_withdrawn": (True, {}, False, {}, "reask"),
    "consent_given": (False, {}, True, {}, "reask"),
    "narrower_clip": (True, {}, True, {"equivalence": {"clip": 0.2}}, "gates.equivalence.clip"),
    "wider_margin": (
        True, {}, True, {"equivalence": {"margin": 0.4}}, "gates.equivalence.margin",
    ),
    "lower_bar": (False, {}, False, {"equivalence": {"bar": 0.3}}, "gates.equivalence.bar"),
    "looser_target": (True, {}, True, {"latency": {"target_ms": 9_000}}, "gates.latency.target_ms"),
    "stricter_target": (True, {}, True, {"latency": {"target_ms": 1}}, "gates.latency.target_ms"),
    "more_failures": (True, {}, True, {"errors": {"at_most": 0.5}}, "gates.errors.at_most"),
}  # fmt: skip


def ruled(reask=True, gates=None, **terms):
    """A policy with other gates."""
    written = REHEARSAL.model_dump(mode="json") | terms
    for name, changed in (gates or {}).items():
        written["gates"][name] |= changed
    tenant = {"identify": {"header": "clinic"}, "cloud": "allowed", "reask": reask}
    return a_policy(terms=type(REHEARSAL).model_validate(written), tenants={"clinic": tenant})


@pytest.fixture
def world(home):
    """Nothing compared yet; which policy holds is the test's."""
    store = Store.open(home.store_url)
    yield lambda *rules: begun(World(store, home, ruled(*rules)))
    store.close()


def begun(world):
    world.tick()
    return world


def restarted(world, policy):
    """Another controller takes over, with that policy."""
    world.policy = policy
    world.controller = world.another(f"c{world.clock()}", policy)
    world.clock.pass_s(6)
    world.controller.tick()


def to_live(world):
    world.to_canary()
    world.until_proposed()
    assert world.approve().applied
    assert world.view().stage == "live"


def counted(world):
    """How many recorded sessions are evidence now, and the rollback's level."""
    closed = world.controller.cabinet.file(KEY).dossier.account.closed
    return closed.sessions, closed.log_harm


def last_move(world):
    return world.events("state.transition")[-1]


@pytest.mark.parametrize("change", CHANGES)
def test_in_mirror_evidence_begins_anew_and_the_reason_names_the_key(world, change):
    before, gates, after, changed, key = CHANGES[change]
    world = world(before, gates)
    world.good(12)
    restarted(world, ruled(after, changed))
    assert counted(world)[0] == 0  # at the very first look
    world.tick()
    assert (world.view().stage, world.view().attempt) == ("mirror", 2)
    assert f"the policy changed how sessions count: `{key}`" in last_move(world)["reason"]
    world.good(3)
    restarted(world, ruled(after, changed))
    world.tick(2)
    assert (world.view().attempt, counted(world)[0]) == (2, 3)


@pytest.mark.parametrize("change", CHANGES)
def test_in_canary_it_widens_no_further_and_harm_is_looked_for_anew(world, change):
    before, gates, after, changed, key = CHANGES[change]
    world = world(before, gates)
    world.to_canary()
    world.good(4)
    share = world.view().share
    restarted(world, ruled(after, changed))
    assert counted(world) == (0, pytest.approx(0.0))
    told = [one["details"]["changed"] for one in world.events(BEGUN_ANEW)]
    assert len(told) == 1 and key in told[0]
    world.good(2)
    restarted(world, ruled(after, changed))  # and once more: nothing is forgotten by that
    assert counted(world)[0] == 2
    assert len(world.events(BEGUN_ANEW)) == 1
    if change != "stricter_target":
        world.good(20)
        assert (world.view().stage, world.view().share) == ("canary", share)
        assert f"`{key}`" in world.view().reasons[0]
        assert "a person puts it back, or rolls back" in world.view().reasons[0]
    world.until("rolled_back", bad=True)


@pytest.mark.parametrize("change", CHANGES)
def test_in_live_the_detectors_begin_at_zero(world, change):
    before, gates, after, changed, key = CHANGES[change]
    world = world(before, gates)
    to_live(world)
    world.good(12)
    restarted(world, ruled(after, changed))
    assert counted(world) == (0, float("-inf"))
    assert key in world.events(BEGUN_ANEW)[-1]["details"]["changed"]
    assert world.view().stage == "live"
    world.until("rolled_back", bad=True)


def test_a_bad_candidate_is_not_promoted_by_a_consent_that_comes_later(world):
    world = world(False)
    world.good(40, equivalence=0.60, noise_floor=None)  # below its bar of 0.65, not yet harm
    restarted(world, ruled(True))
    world.tick(3)
    assert (world.view().stage, world.view().attempt) == ("mirror", 2)
    assert world.view().proposal is None and counted(world)[0] == 0


@pytest.mark.parametrize("stage", ["mirror", "canary", "live"])
def test_a_healthy_candidate_is_not_rolled_back_by_a_consent_that_is_withdrawn(world, stage):
    world = world(True)
    if stage == "mirror":
        world.good(25)
    else:
        (world.to_canary if stage == "canary" else lambda: to_live(world))()
        world.good(30 if stage == "live" else 4)
    restarted(world, ruled(False))
    world.good(60, noise_floor=None)
    assert world.view().stage in (stage, "mirror")
    assert not [one for one in world.events("state.transition")
                if one["details"]["signal"] == "roll_back"]  # fmt: skip


def test_a_bad_candidate_is_not_promoted_by_a_narrower_clip(world):
    world = world(True)
    world.good(9, equivalence=0.65)  # D = -0.30, not yet harm
    before = len(world.events("approval.proposed"))
    restarted(world, ruled(True, {"equivalence": {"clip": 0.2}}))
    world.tick(3)
    assert (world.view().attempt, counted(world)[0]) == (2, 0)
    assert len(world.events("approval.proposed")) == before


def test_what_changes_no_evidence_begins_nothing_anew(world):
    world = world(True)
    world.good(12)
    weights = {"errors": {"weight": 0.25, "mode": "hold"}}
    alpha = {"promote": 0.04, "roll_back": 0.01, "mirror_part": 0.3}
    restarted(world, ruled(True, weights, alpha=alpha, cooldown_s=9))
    world.tick(2)
    assert (world.view().attempt, counted(world)[0]) == (1, 12)


def test_a_policy_that_is_put_back_counts_what_was_recorded_under_it_again(world):
    world = world(True)
    world.to_canary()
    world.good(4)
    restarted(world, ruled(True, {"latency": {"target_ms": 9_000}}))
    world.good(5, bad=False)
    restarted(world, ruled(True))
    assert counted(world)[0] == 4
    world.until_proposed()  # widened by itself, and on to live


def test_clock_strata_are_asked_in_mirror_alone(world):
    world = world(True)
    world.to_canary()
    share = world.view().share
    restarted(world, ruled(True, coverage={"hours": 24}))
    assert not world.events(BEGUN_ANEW)
    world.good(40)
    assert world.view().share != share


def of_an_earlier_version(world):
    """The store knows of no measures yet."""
    with world.store.write() as conn:
        conn.execute(delete(measure))


def upgraded(world, policy, *kept):
    """A controller of today takes over, that has these policies of before."""
    of_an_earlier_version(world)
    world.controller = Controller(
        policy, world.store, world.tables.append, world.clock, owner=f"up{world.clock()}",
        steady_us=world.clock.steady_us, bygone=Bygone(given=kept),
    )  # fmt: skip
    world.controller.cabinet.lead()
    world.clock.pass_s(6)
    world.controller.tick()
    world.tick(2)


@pytest.mark.parametrize("stage", ["mirror", "canary", "live"])
def test_an_upgrade_voids_nothing(world, stage):
    world = world(True)
    if stage != "mirror":
        (world.to_canary if stage == "canary" else lambda: to_live(world))()
    world.good(5)
    upgraded(world, world.policy)
    assert (world.view().stage, world.view().attempt, counted(world)[0]) == (stage, 1, 5)
    assert not world.events(BEGUN_ANEW)


def test_after_an_upgrade_what_was_taken_for_todays_is_known_to_be_of_it(world):
    world = world(True)
    world.good(5)
    newer = ruled(True, {"latency": {"target_ms": 9_000}})
    upgraded(world, newer)  # nothing says under which policy the five were recorded
    assert (world.view().attempt, counted(world)[0]) == (1, 5)
    restarted(world, ruled(True))
    world.tick()
    assert (world.view().attempt, counted(world)[0]) == (2, 0)


def test_an_upgrade_with_another_policy_counts_by_the_policy_of_the_time_where_it_is_kept(
    world,
):
    old, newer = ruled(True), ruled(True, {"equivalence": {"clip": 0.2}})
    world = world(True)
    world.to_canary()
    world.good(3)
    upgraded(world, newer, old)
    assert counted(world)[0] == 0
    assert "`gates.equivalence.clip`" in world.view().reasons[0]
    restarted(world, old)
    assert counted(world)[0] == 3
