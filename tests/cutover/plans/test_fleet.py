"""A fleet that moves by its plan: two clinics, on a store, tick by tick."""

import json

import pytest
from rollouts import ANNA, BEN, ERIK, World, a_policy

from cutover.circumstances import planned
from cutover.people import CONTROLLER
from cutover.plans.fleet import DRILLED, shown_log10
from cutover.refusals import Conflict
from mirror.journal import events
from mirror.journal.store import Store

A, B = ("clinic", "chat"), ("second", "chat")
# Tests begin on 2023-11-14 at 22:13:20 UTC.
MIRROR_ALL = {"name": "mirror-all", "rollouts": ["*/*"], "until": "mirror"}
FIRST = {"name": "first", "rollouts": ["clinic/*"]}
REST = {"name": "rest", "rollouts": ["second/*"], "if_held": ["first"]}
HOUR_S = 3600


def fleet_policy(*entries, **plan):
    base = a_policy().model_dump(mode="json", exclude_none=True)
    sides = {k: v for k, v in base["rollouts"][0].items() if k not in ("tenant", "terms")}
    tenants = base["tenants"] | {
        "second": base["tenants"]["clinic"] | {"identify": {"header": "second"}}
    }
    written = {"name": "winter", "false_discoveries": 0.4, "entries": entries} | plan
    return a_policy(
        tenants=tenants,
        rollouts=[{"tenant": name} | sides for name in ("clinic", "second")],
        plan=written,
    )  # fmt: skip


@pytest.fixture
def start(home):
    worlds = []

    def start(*entries, **plan):
        world = World(Store.open(home.store_url), home, fleet_policy(*entries, **plan))
        worlds.append(world)
        world.tick()
        return world

    yield start
    for world in worlds:
        world.store.close()


def view(world, key):
    return world.controller.view(key)


def declared_events(world):
    with world.store.read() as conn:
        rows = [json.loads(one.body) for one in events.read(conn, "")]
    return [one for one in rows if one["type"] == "plan.declared"]


def promotes(world, key, most=150):
    """Good sessions of a rollout until its verdict is to promote."""
    world.key = key
    for _ in range(most):
        world.good(1)
        if world.controller.cabinet.files[key].promotes:
            return
    raise AssertionError(view(world, key).reasons)


def drilled(world, key):
    with world.store.write() as conn:
        events.append(
            conn,
            tenant=key[0],
            type=DRILLED,
            actor=CONTROLLER.body(),
            object={"kind": "rollout", "id": "/".join(key)},
            at_us=world.clock(),
        )


def test_mirroring_begins_when_the_plan_says_and_not_before(start):
    world = start(MIRROR_ALL | {"not_before": "2023-11-15"}, FIRST)
    assert view(world, A).stage == "off"
    assert view(world, A).plan == "the plan's `mirror-all` begins 2023-11-15 00:00 UTC"
    assert view(world, A).plan in view(world, A).waits_for
    world.clock.pass_s(2 * HOUR_S)
    world.tick()
    assert [view(world, key).stage for key in (A, B)] == ["mirror", "mirror"]


def test_a_clock_that_jumps_begins_no_entry_and_says_why(start):
    world = start(MIRROR_ALL | {"not_before": "2023-11-15"}, FIRST)
    world.clock.jump_s(2 * 24 * HOUR_S)
    world.tick(3)
    assert view(world, A).stage == "off"
    assert "jumped 48.0 hours forward" in view(world, A).plan
    assert "jumped 48.0 hours forward" in view(world, A).waits_for
    world.clock.jump_s(-2 * 24 * HOUR_S)
    world.tick()
    assert view(world, A).plan == "the plan's `mirror-all` begins 2023-11-15 00:00 UTC"
    world.clock.pass_s(2 * HOUR_S)
    world.tick()
    assert view(world, A).stage == "mirror"


def test_what_is_shown_waits_for_its_day_and_then_goes_on_by_itself(start):
    world = start(MIRROR_ALL, FIRST | {"not_before": "2023-11-15"}, REST)
    promotes(world, A)
    assert (view(world, A).proposal, view(world, A).verdict) == (None, "promote")
    assert view(world, A).reasons[0] == "the plan's `first` begins 2023-11-15 00:00 UTC"
    with pytest.raises(Conflict, match="the plan's `first` begins"):
        world.desk.propose(ERIK, A, "now")
    world.clock.pass_s(2 * HOUR_S)
    world.good(1)
    assert view(world, A).proposal


def test_the_rest_waits_until_the_first_holds_and_again_when_it_does_no_more(start):
    world = start(MIRROR_ALL, FIRST | {"until": "step 1"}, REST)
    promotes(world, B)
    assert "waits for `first`: clinic/chat is in mirror, not at step 1" in view(world, B).plan
    assert view(world, B).proposal is None
    promotes(world, A)
    world.tick()
    assert world.approve(ANNA).applied
    world.tick()
    assert view(world, B).proposal
    world.desk.roll_back(ERIK, A, "wrong doses")
    world.key = B
    with pytest.raises(Conflict, match="clinic/chat is off or rolled back"):
        world.approve(BEN)
    assert view(world, B).stage == "mirror"


def test_harm_and_people_roll_back_whatever_the_plan_says(start):
    world = start(MIRROR_ALL, FIRST | {"until": "step 1"}, REST)
    promotes(world, A)
    world.tick()
    world.approve(ANNA)
    assert view(world, A).plan == "the plan takes it to step 1 and no further"
    world.good(30)
    assert view(world, A).share == 20.0
    assert world.until("rolled_back", most=30, bad=True) < 20
    world.desk.roll_back(ERIK, B, "no more")
    assert view(world, B).stage == "rolled_back"


def test_a_drill_is_asked_for_and_its_event_is_found(start):
    world = start(MIRROR_ALL, FIRST | {"until": "step 1", "drill": True}, REST)
    drilled(world, A)  # before it left mirror: it says nothing of this way
    promotes(world, B)
    promotes(world, A)
    world.tick()
    world.approve(ANNA)
    world.tick(2)
    assert "no rollback drill since it left mirror" in view(world, B).plan
    drilled(world, A)
    world.tick()
    assert view(world, B).plan == ""


def test_a_plan_is_declared_once_with_its_rollouts(start, home):
    world = start(MIRROR_ALL, FIRST, REST)
    world.tick(3)
    (event,) = declared_events(world)
    assert event["object"] == {"kind": "plan", "id": "winter"}
    assert event["details"]["rollouts"] == ["clinic/chat", "second/chat"]
    world.controller = world.another("second")
    world.clock.pass_s(6)
    world.controller.tick()
    assert len(declared_events(world)) == 1


def test_who_joins_a_declared_plan_waits_for_another_one(start):
    world = start(MIRROR_ALL, FIRST)
    policy = fleet_policy(MIRROR_ALL | {"rollouts": ["*/*"]}, FIRST, REST)
    small = policy.model_copy(update={"rollouts": policy.rollouts[:1]})
    world.controller.cabinet.release()
    with world.store.write() as conn:
        conn.exec_driver_sql("DELETE FROM plan")
    world.controller = world.another("second", small)
    world.controller.tick()
    world.controller.cabinet.release()
    world.controller = world.another("third", policy)
    world.clock.pass_s(6)
    world.controller.tick()
    assert "joined after the plan `winter` was declared with 1 rollouts" in view(world, B).plan
    assert view(world, A).plan == ""


def test_leaving_mirror_asks_for_what_e_bh_asks_and_counts_what_others_were_promoted_on(start):
    # 1/alpha is 20. Alone of two, 2/0.01 = 200 is needed; beside one who has that much, 100.
    world = start(MIRROR_ALL, FIRST, REST | {"if_held": []}, false_discoveries=0.01)
    promotes(world, A)
    assert (
        "the plan asks for evidence of 10^2.30 beside what the other 1" in view(world, A).plan
    )
    for _ in range(100):
        world.good(1)
        if view(world, A).proposal:
            break
    told = world.controller.cabinet.files[A].told
    assert shown_log10(told.evidence) >= 2.30
    assert world.approve(ANNA).applied
    world.tick()
    fleet = world.controller.cabinet.fleet
    frozen = fleet._left[A, 1].shown_log10
    assert frozen >= 2.30
    world.good(8)  # canary's own evidence changes nothing of that
    assert fleet._left[A, 1].shown_log10 == frozen
    assert fleet.cut_log10(B) == pytest.approx(2.0)
    world.controller = world.another("second")  # and another controller reads the same
    world.clock.pass_s(6)
    world.controller.tick()
    world.tick()
    assert world.controller.cabinet.fleet._left[A, 1].shown_log10 == frozen
    world.desk.roll_back(ERIK, A, "no more")
    world.tick()
    assert world.controller.cabinet.fleet.cut_log10(B) == pytest.approx(2.301, abs=1e-3)


def test_a_rollout_of_no_entry_is_free(start):
    world = start(FIRST | {"not_before": "2030-01-01"})
    assert planned(world.controller.cabinet, world.controller.cabinet.files[B]) == ""
    assert view(world, B).stage == "mirror"
    assert view(world, A).stage == "off"


@pytest.mark.parametrize(
    ("gates", "shown"),
    [
        ([(2.0, True), (1.5, True), (0.2, False)], 1.5),  # one that only observes is not asked
        ([(2.0, True), (0.2, True)], 0.2),
        ([], 0.0),
    ],
)
def test_what_is_shown_is_the_weakest_gate_that_is_asked(gates, shown):
    assert shown_log10([{"for": level, "asked": asked} for level, asked in gates]) == shown
    assert shown_log10([{"for": level} for level, _ in gates[:2]]) == min(
        [level for level, _ in gates[:2]], default=0.0
    )
