"""A drill sends everything to the primary, measures that, and gives it back to the same step."""

import pytest
from rollouts import ERIK, KEY, World, a_policy

from cutover.emergency import drilling, drills
from cutover.emergency.drilling import Driller
from cutover.emergency.switchboard import Switchboard
from cutover.plans.freezer import Freezer
from cutover.refusals import Conflict, StandsBy, UnknownRollout
from mirror.exchange import Side
from mirror.journal.store import Store

SECOND = 1_000_000


class Drilled(World):
    """A world whose proxy obeys each table after `lag_s`; None for never."""

    lag_s = 0.1

    def __post_init__(self):
        super().__post_init__()
        self.driller = Driller(self.controller, self.obeyed)

    def obeyed(self):
        if self.lag_s is None:
            return {"proxy": {}}
        lag_us = round(self.lag_s * SECOND)
        due = {t.version: t.published_us + lag_us for t in self.tables}
        return {"proxy": {version: at for version, at in due.items() if at <= self.clock()}}

    def step(self, seconds=1):
        for _ in range(seconds):
            self.tick()
            self.driller.step()

    def away(self):
        return self.tables[-1].in_emergency(*KEY)

    def begin(self, for_s=10):
        return self.driller.begin(ERIK, KEY, for_s, "as planned")

    def last(self):
        return self.driller.read(KEY)[-1]

    def asked(self, side):
        """A request during the drill, as the proxy would have it answered."""
        return self.exchange(serving=side)


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = Drilled(store, home)
    world.tick()
    world.to_canary()
    yield world
    store.close()


def test_everything_goes_to_the_primary_at_once_and_comes_back_to_the_same_step(world):
    before = world.view()
    began = world.begin()
    assert world.away()
    assert world.standing().stage == "canary"
    world.asked(Side.PRIMARY)
    world.step(8)
    assert world.away()
    world.step(2)
    assert not world.away()
    world.step(6)
    drill, measured = world.last()
    assert (drill.id, drill.why, measured.by_primary) == (began.id, "", 1)
    after = world.view()
    assert (after.stage, after.share, after.epoch) == (before.stage, before.share, before.epoch)
    assert world.controller.cabinet.drills == ()


def test_it_is_an_event_with_its_times(world):
    world.begin()
    world.asked(Side.PRIMARY)
    world.step(17)
    (begun,), (passed,) = world.events("drill.begun"), world.events("drill.passed")
    assert begun["actor"]["name"] == "erik"
    assert passed["object"] == {"kind": "rollout", "id": "clinic/chat"}
    told = passed["details"]
    assert (told["published_ms"], told["followed_ms"], told["proxies"]) == (0, 100, 1)
    assert (told["last_chosen_ms"], told["answered_by_primary"]) == (None, 1)
    assert (told["by"], told["back_followed_ms"]) == ("erik", 100)


def test_no_evidence_is_lost_and_none_is_gained_of_it(world):
    world.good(3)
    before = world.view()
    world.begin()
    world.asked(Side.PRIMARY)
    world.step(17)
    world.good(1)
    assert world.view().comparisons >= before.comparisons + 1
    assert [move.transition.signal for move in world.controller.course(KEY)[0]] == [
        "start",
        "enter_canary",
    ]


def test_nothing_is_widened_meanwhile(world):
    world.begin(600)
    share = world.view().share
    world.good(60)
    assert (world.view().share, world.view().frozen) == (
        share,
        "nothing is widened until its rollback drill has ended",
    )


def test_a_request_that_the_candidate_still_got_is_measured_and_too_late_is_not_passed(world):
    world.begin()
    world.asked(Side.PRIMARY)
    world.asked(Side.CANDIDATE)  # 1.5 s after the decision
    world.step(17)
    drill, measured = world.last()
    assert measured.last_chosen_us - drill.at_us == 1_500_000
    assert drill.why == "it took 1.50 s until nothing was sent to the candidate any more"
    assert world.events("drill.failed")[0]["outcome"] == "failed"


@pytest.mark.parametrize(
    ("lag_s", "why"),
    [(2.5, "it took 2.50 s"), (None, "not every proxy followed")],
)
def test_proxies_that_follow_late_or_never_fail_it(world, lag_s, why, monkeypatch):
    monkeypatch.setattr(drilling, "PATIENCE_US", 8 * SECOND)
    world.lag_s = lag_s
    world.begin()
    world.asked(Side.PRIMARY)
    world.step(25)
    assert why in world.last()[0].why
    assert not world.away()


def test_without_proxies_or_traffic_nothing_was_shown(world, monkeypatch):
    monkeypatch.setattr(drilling, "PATIENCE_US", 8 * SECOND)
    world.begin()
    world.step(17)
    assert world.last()[0].why == "no request came meanwhile, and so nothing was shown"
    world.driller = Driller(world.controller, dict)
    world.begin()
    world.step(25)
    assert world.last()[0].why == "no proxy told which route table it obeys"


def test_an_answer_that_had_begun_is_waited_for(world):
    world.exchange(pending=True)
    world.begin()
    world.asked(Side.PRIMARY)
    world.step(17)
    drill, measured = world.last()
    assert drill.ended_us and measured.still_open == 0


def test_a_rollback_ends_a_drill_and_stays(world):
    world.begin()
    world.step(2)
    assert world.desk.roll_back(ERIK, KEY, "enough").to_stage == "rolled_back"
    world.step(8)
    assert world.last()[0].why == "the rollout moved to rolled_back meanwhile"
    assert world.view().stage == "rolled_back"


def test_harm_rolls_back_during_a_drill(world):
    world.begin(600)
    world.until("rolled_back", bad=True)


def test_an_emergency_outlasts_a_drill(world):
    world.begin()
    Switchboard(world.controller).switch_on(ERIK, "clinic", "", "wrong doses")
    world.step(17)
    assert world.away()


def test_whoever_acts_next_gives_back_what_is_away(world):
    world.begin()
    world.asked(Side.PRIMARY)
    world.controller = world.another("next")
    world.driller = Driller(world.controller, world.obeyed)
    world.clock.pass_s(30)
    world.controller.tick()
    assert world.away()
    world.step(7)
    assert not world.away()
    assert world.last()[0].ended_us


def test_a_standby_takes_no_step(world):
    other = Driller(world.another("other"), world.obeyed)
    world.begin()
    world.clock.pass_s(1)
    other.step()
    with pytest.raises(StandsBy):
        other.begin(ERIK, KEY, 10, "me too")


def test_a_clock_that_is_put_back_ends_a_drill(world):
    world.begin()
    world.clock.pass_s(-3600)
    world.controller.tick()
    world.driller.step()
    assert not world.away()


def test_a_table_that_could_not_be_written_is_written_by_a_later_step(world, monkeypatch):
    written = world.controller._publisher.to

    def full(table):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(world.controller._publisher, "to", full)
    assert world.begin().version == 0
    assert not world.away()
    monkeypatch.setattr(world.controller._publisher, "to", written)
    world.step(1)
    assert world.away()
    world.asked(Side.PRIMARY)
    world.step(20)
    assert "until nothing was sent" in world.last()[0].why


@pytest.mark.parametrize("stage", ["mirror", "rolled_back"])
def test_where_the_candidate_answers_nobody_there_is_nothing_to_drill(home, stage):
    store = Store.open(home.store_url)
    world = Drilled(store, home)
    world.tick()
    if stage == "rolled_back":
        world.desk.roll_back(ERIK, KEY, "enough")
    with pytest.raises(Conflict, match=f"answers nobody in {stage}"):
        world.begin()
    assert store and world.tables and not world.away()
    store.close()


def test_what_would_harm_or_widen_is_refused(world):
    board = Switchboard(world.controller)
    board.drain(ERIK, "cloud", 0, "fans")
    with pytest.raises(Conflict, match="cloud is drained: clients would get 503"):
        world.begin()
    board.give_back(ERIK, "cloud", "done")
    board.switch_on(ERIK, "", "", "all of it")
    with pytest.raises(Conflict, match="its end widens what it narrowed"):
        world.begin()
    board.switch_off(ERIK, "", "", "over")
    world.begin()
    with pytest.raises(Conflict, match="a drill of it is under way"):
        world.begin()
    with pytest.raises(UnknownRollout):
        world.driller.begin(ERIK, ("clinic", "audio"), 10, "x")


def test_in_a_freeze_there_is_no_drill_and_one_that_runs_still_comes_back(world):
    freezer = Freezer(world.controller)
    world.begin()
    freezer.place(ERIK, ("", ""), 0, "audit")
    world.asked(Side.PRIMARY)
    world.step(17)
    assert (world.away(), world.last()[0].why) == (False, "")
    with pytest.raises(Conflict, match="frozen until the freeze is lifted"):
        world.begin()


def test_a_tenant_whose_primary_is_forbidden_is_not_left_without_an_answer(world):
    policy = a_policy(tenants={"clinic": {"identify": {"header": "c"}, "cloud": "forbidden"}})
    world.controller = world.another("next", policy)
    world.driller = Driller(world.controller, world.obeyed)
    world.clock.pass_s(6)
    world.controller.tick()
    with pytest.raises(Conflict, match="clients would get 503"):
        world.begin()


def test_a_hold_and_an_incident_are_no_obstacle(world):
    world.desk.hold(ERIK, KEY, "wait")
    world.begin()
    world.asked(Side.PRIMARY)
    world.step(17)
    assert world.last()[0].why == ""
    assert world.view().held_by == "erik"


def test_drills_are_listed_the_first_one_first(world):
    for _ in range(2):
        world.begin()
        world.asked(Side.PRIMARY)
        world.step(17)
    assert [drill.id for drill, _ in world.driller.read(KEY)] == [1, 2]
    with world.store.read() as conn:
        assert drills.unended(conn) == ()
