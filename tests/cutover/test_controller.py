"""The loop, tick by tick, on a store with rows that no proxy wrote."""

import pytest
from builders import REHEARSAL
from rollouts import ANNA, BEN, KEY, World, a_policy

from compare.comparison import Attribution
from cutover import history, lease
from cutover.evidence import course
from cutover.lease import Lease
from mirror.exchange import Side
from mirror.journal.store import Store, StoreError
from policies.policy import Route


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


def test_a_rollout_of_the_policy_begins_to_mirror_by_itself(world):
    view = world.view()
    assert (view.stage, view.share, view.epoch, view.attempt) == ("mirror", 0.0, 1, 1)
    assert world.standing().stage == "mirror"
    assert [one["type"] for one in world.events()] == ["state.transition"]


def test_a_rollout_that_starts_off_stays_off(home):
    with_off = World(Store.open(home.store_url), home, a_policy(start="off"))
    with_off.tick(3)
    assert with_off.view().stage == "off"
    assert with_off.standing().shadow_percent == 0


def test_a_healthy_candidate_goes_from_mirror_to_live_with_two_approvals(world):
    world.until_proposed()
    assert world.view().stage == "mirror"
    assert "lead to approve" in world.view().waits_for
    assert world.approve().applied
    assert (world.view().stage, world.standing().share) == ("canary", 20.0)
    world.good(15)
    assert world.view().share == 50.0  # widened by evidence alone
    world.until_proposed()
    assert world.approve(BEN).applied
    assert (world.view().stage, world.standing().share) == ("live", 100.0)
    world.good(30)
    assert (world.view().stage, world.view().verdict) == ("live", "hold")
    signals = [one["details"]["signal"] for one in world.events("state.transition")]
    assert signals == ["start", "enter_canary", "widen", "go_live"]


def test_the_way_into_canary_and_back_works_on_both_engines(store, home):
    world = World(store, home)
    world.tick()
    world.to_canary()
    world.until("rolled_back", most=30, bad=True)
    before = world.view()
    again = world.another("second")
    world.clock.pass_s(6)
    again.tick()
    assert again.view(KEY) == before


def test_harm_rolls_back_with_nobody_acting_and_says_why(world):
    world.to_canary()
    world.good(5)
    taken = world.until("rolled_back", most=30, bad=True)
    assert taken < 20
    view = world.view()
    assert (view.verdict, view.share) == ("roll_back", 0.0)
    assert "DOSE_CONFLICT" in " ".join(view.reasons)
    assert view.evidence
    moved = world.events("state.transition")[-1]
    assert moved["actor"] == {"kind": "service", "name": "controller"}
    assert (world.standing().stage, world.standing().shadow_percent) == ("rolled_back", 0.0)


def test_a_rollback_is_published_before_the_other_rollouts_are_looked_at(world):
    world.to_canary()
    for _ in range(30):
        world.exchange(bad=True)
    published = len(world.tables)
    world.controller.tick()
    stages = [table.standings[KEY].stage for table in world.tables[published:]]
    assert stages == ["rolled_back", "rolled_back"]  # at once, and at the tick's end


def test_a_candidate_that_fails_never_reaches_canary(world):
    world.until(
        "rolled_back",
        attribution=Attribution.CANDIDATE_FAILED,
        equivalence=None,
        noise_floor=0.95,
    )
    assert [one["details"]["signal"] for one in world.events("state.transition")] == [
        "start",
        "roll_back",
    ]


def test_harm_shows_in_live_too(world):
    world.to_canary()
    world.good(15)
    world.until_proposed()
    world.approve()
    world.good(20)
    assert world.until("rolled_back", bad=True) < 40


def test_missing_scores_hold(world):
    world.good(120, equivalence=None, missing="language:ta")
    view = world.view()
    assert (view.stage, view.verdict, view.proposal) == ("mirror", "hold", None)
    assert "no equivalence score" in " ".join(view.reasons)


def test_no_traffic_holds(world):
    world.tick(5)
    assert world.view().verdict == "hold"
    assert world.view().waits_for


def test_exchanges_that_nobody_compares_hold_and_are_named(world):
    world.exchange(pending=True)
    world.clock.pass_s(301)
    world.good(100)
    assert world.view().proposal is None
    assert "wait over 5 minutes" in " ".join(world.view().reasons)


def test_every_closed_session_is_recorded_once_as_evidence(world):
    world.good(25)
    with world.store.read() as conn:
        kept = course.observations(conn, KEY, 1)
    assert [one.number for one in kept] == list(range(1, 26))
    assert len({one.session for one in kept}) == 25


def test_a_controller_that_starts_anew_comes_to_the_same_numbers(world):
    world.to_canary()
    world.good(8)
    world.exchange(pending=True)
    world.good(3)
    before = world.view()
    world.controller = world.another("second")
    world.clock.pass_s(6)  # the first one's lease ends
    world.controller.tick()
    after = world.view()
    assert after.evidence == before.evidence
    assert (after.verdict, after.sessions, after.stage) == ("hold", before.sessions, "canary")


def test_a_rolled_back_rollout_still_says_why_after_a_restart(world):
    world.until("rolled_back", bad=True)
    before = world.view()
    world.controller = world.another("second")
    world.clock.pass_s(6)
    world.controller.tick()
    assert world.view() == before


def test_a_standby_changes_and_publishes_nothing(world):
    standby = world.another("standby")
    published = len(world.tables)
    standby.tick()
    assert len(world.tables) == published
    assert not standby.acting
    assert world.controller.acting


def test_a_standby_takes_over_when_the_lease_ends_and_the_first_one_stops(world):
    standby = world.another("standby")
    version = world.tables[-1].version
    world.clock.pass_s(6)
    standby.tick()
    assert standby.acting
    assert world.tables[-1].version > version
    published = len(world.tables)
    world.controller.tick()
    assert not world.controller.acting
    assert len(world.tables) == published


def test_a_controller_that_lost_its_lease_unnoticed_writes_nothing(world):
    world.exchange()
    other = world.another("other")
    with world.store.write() as conn:
        mine = lease.current(conn)
        lease.release(conn, mine)
        taken = lease.acquire(conn, Lease("other", 0, 1), None, world.clock, 1)
        assert isinstance(taken, Lease)
    world.controller.tick()  # its own clock still says that it leads
    with world.store.read() as conn:
        assert course.observations(conn, KEY, 1) == []
    other.tick()
    with world.store.read() as conn:
        assert len(course.observations(conn, KEY, 1)) == 1


def test_a_standby_that_comes_to_act_begins_at_once(world):
    standby, published = world.another("standby"), len(world.tables)
    standby.beat()
    assert (standby.acting, len(world.tables)) == (False, published)
    world.clock.pass_s(3)
    standby.beat()
    assert (standby.acting, len(world.tables)) == (True, published + 1)
    standby.beat()
    assert len(world.tables) == published + 1  # to judge is for the ticks


def test_the_lease_is_kept_through_a_tick_that_takes_longer(world):
    standby = world.another("standby")
    with world.controller._turn:  # a tick is under way
        for _ in range(10):
            world.clock.pass_s(1)
            world.controller.beat()
            standby.beat()
    assert (world.controller.acting, standby.acting) == (True, False)


def test_a_controller_that_hangs_does_not_keep_the_lease(world):
    standby = world.another("standby")
    for _ in range(70):
        world.clock.pass_s(1)
        world.controller.beat()
        standby.tick()
    assert (world.controller.acting, standby.acting) == (False, True)


def test_a_bug_in_one_rollout_stops_that_one_only_and_is_told(home, monkeypatch, caplog):
    two = a_policy()
    tenants = dict(two.tenants) | {"other": two.tenants["clinic"]}
    second = two.rollouts[0].model_copy(update={"tenant": "other"})
    world = World(
        Store.open(home.store_url),
        home,
        two.model_copy(update={"tenants": tenants, "rollouts": (*two.rollouts, second)}),
    )
    world.tick()
    real = type(world.controller)._advance

    def broken(self, file, declared):
        if declared.tenant == "clinic":
            raise ZeroDivisionError
        real(self, file, declared)

    monkeypatch.setattr(type(world.controller), "_advance", broken)
    world.exchange()
    world.tick()
    assert "ZeroDivisionError" in world.view().waits_for
    assert "fault" not in world.controller.view(("other", "chat")).waits_for
    assert len(world.tables[-1].standings) == 2
    monkeypatch.undo()
    world.tick()
    assert "ZeroDivisionError" not in world.view().waits_for


def test_a_table_that_cannot_be_written_is_published_by_the_next_tick(world):
    def full(table):
        raise OSError("no space left")

    world.controller._publisher.to, keep = full, world.controller._publisher.to
    world.tick()
    world.controller._publisher.to = keep
    published = len(world.tables)
    world.tick()
    assert len(world.tables) == published + 1


def test_the_primary_is_asked_again_until_the_burst_exists(home):
    sampling = REHEARSAL.sampling.model_copy(update={"reask_burst": 5, "reask_percent": 2})
    terms = REHEARSAL.model_copy(update={"sampling": sampling})
    world = World(Store.open(home.store_url), home, a_policy(terms=terms))
    world.tick()
    assert world.standing().reask_percent == 100
    world.good(5)
    assert world.standing().reask_percent == 2


def test_the_burst_goes_on_in_mirror_while_severe_drops_are_to_be_shown_rare(home):
    sampling = REHEARSAL.sampling.model_copy(update={"reask_burst": 5, "reask_percent": 2})
    severe = REHEARSAL.gates.severe.model_copy(update={"shown_on": (Route.CHAT,)})
    gates = REHEARSAL.gates.model_copy(update={"severe": severe})
    terms = REHEARSAL.model_copy(update={"sampling": sampling, "gates": gates})
    world = World(Store.open(home.store_url), home, a_policy(terms=terms))
    world.tick()
    world.good(20)
    assert world.standing().reask_percent == 100
    world.good(30)  # 45 spotless ones show it at 10 %
    world.tick()
    assert world.standing().reask_percent == 2


def test_without_consent_nobody_is_asked_again(home):
    tenant = {"identify": {"header": "clinic"}, "cloud": "allowed"}
    world = World(Store.open(home.store_url), home, a_policy(tenants={"clinic": tenant}))
    world.tick()
    assert world.standing().reask_percent == 0


def test_a_changed_candidate_in_mirror_begins_a_new_attempt(world):
    world.good(10)
    world.controller = world.another("second", a_policy(candidate="newer"))
    world.clock.pass_s(6)
    world.controller.tick()
    view = world.view()
    assert (view.stage, view.attempt, view.sessions) == ("mirror", 2, 0)
    signals = [one["details"]["signal"] for one in world.events("state.transition")]
    assert signals == ["start", "stop", "start"]


def test_a_changed_candidate_in_canary_holds_until_the_policy_is_restored(world):
    world.to_canary()
    world.controller = world.another("second", a_policy(candidate="newer"))
    world.clock.pass_s(6)
    world.controller.tick()
    view = world.view()
    assert (view.stage, view.held_by, view.share) == ("canary", "controller", 20.0)
    assert "candidate changed" in view.hold_reason
    world.controller = world.another("third")
    world.clock.pass_s(6)
    world.controller.tick()
    assert world.view().held_by == ""


def test_a_rollout_that_left_the_policy_is_switched_off(world):
    without = a_policy()
    other = without.rollouts[0].model_copy(update={"route": Route.REASON})
    world.controller = world.another(
        "second", without.model_copy(update={"rollouts": (other,)})
    )
    world.clock.pass_s(6)
    world.controller.tick()
    with world.store.read() as conn:
        assert history.rollouts(conn)[KEY].rollout.stage == "off"
    assert KEY not in world.tables[-1].standings


def test_a_pinned_tenant_is_never_promoted_but_still_judged(home):
    tenant = {
        "identify": {"header": "clinic"},
        "cloud": "allowed",
        "reask": True,
        "pinned": "primary",
    }
    world = World(Store.open(home.store_url), home, a_policy(tenants={"clinic": tenant}))
    world.tick()
    world.good(120)
    view = world.view()
    assert (view.stage, view.verdict, view.proposal, view.pinned) == (
        "mirror",
        "promote",
        None,
        True,
    )


def test_steps_without_needed_people_are_made_by_the_evidence(home):
    alone = REHEARSAL.approvals.model_copy(update={"to_canary": 0})
    terms = REHEARSAL.model_copy(update={"approvals": alone})
    world = World(Store.open(home.store_url), home, a_policy(terms=terms))
    world.tick()
    world.until("canary")
    assert world.events("approval.proposed") == []


def test_a_session_stays_on_its_side_while_the_share_widens(world):
    world.to_canary()
    salt = world.standing().salt
    world.good(15)
    assert world.standing().share == 50
    assert world.standing().salt == salt


def test_sessions_that_the_primary_served_do_not_widen_a_step(world):
    world.to_canary()
    world.good(30, serving=Side.PRIMARY)
    assert world.view().share == 20


def test_the_course_of_the_evidence_is_kept_and_counts_on(world):
    world.to_canary()
    world.good(3)
    moves, points = world.controller.course(KEY)
    assert [moved.transition.signal for moved in moves] == ["start", "enter_canary"]
    assert {point.epoch for point in points} == {1, 2}
    assert all("errors" in point.gates for point in points)


def test_a_move_is_written_by_the_person_who_approved_it(world):
    world.to_canary()
    moved = world.controller.course(KEY)[0][-1].transition
    assert (moved.actor, moved.reason) == (ANNA.name, "looks right")


def test_versions_of_the_table_rise_from_owner_to_owner_and_back(world):
    """The fence grows with every owner, and within one owner the count does."""
    first, second = world.controller, world.another("second")
    world.tick(3)
    second.tick()
    world.clock.pass_s(6)  # the first one's lease ends
    second.tick()
    first.tick()  # stands by, and publishes nothing
    second.cabinet.release()
    first.tick()
    first.tick()
    again = world.another("first, started again")
    world.clock.pass_s(6)
    again.tick()
    versions = [table.version for table in world.tables]
    assert versions == sorted(set(versions))
    assert len({version >> 32 for version in versions}) == 4


def test_a_store_that_is_away_is_one_line_of_all_that_the_controller_does(
    world, monkeypatch, caplog
):
    caplog.set_level("INFO", "crossfade")
    away = StoreError("connection refused", away=True)

    def fails():
        raise away

    with monkeypatch.context() as patched:
        for name in ("read", "write"):
            patched.setattr(Store, name, lambda _: fails())
        for _ in range(30):
            world.clock.pass_s(1)
            world.controller.tick()
            world.controller.beat()
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == [
        "no rollout can be judged: connection refused"
    ]
    world.tick()
    world.controller.beat()
    assert [one.message.partition(":")[0] for one in caplog.records][-1] == "it goes on again"
