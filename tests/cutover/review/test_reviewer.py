"""The job: one review a night, by who acts, recorded whole or not at all, and people hear what it found."""

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from rollouts import World
from sqlalchemy import update

from cutover.exports.making import Ended
from cutover.notices.notice import notice
from cutover.review import reviewer as module
from cutover.review.checking import Fsck
from cutover.review.record import TYPE
from cutover.review.reviewer import REST_US, SETTLE_US, STARTS, Reviewer
from mirror.journal import events, tables
from mirror.journal.store import Store, StoreError
from policies.notify import Happening

DAY_S = 86_400
CHECKED = {"logs": 2, "events": 9, "checkpoints": 0, "digests": 0}
WHOLE = {"outcome": "whole", "checked": CHECKED, "broken": []}


@dataclass
class Fake:
    """A check that ends when the test says so."""

    payloads: bool
    end: Ended | None = None
    says: object = field(default_factory=lambda: WHOLE)
    stopped: bool = False

    def ended(self):
        return self.end

    def told(self):
        if not isinstance(self.says, dict):
            raise ValueError(self.says)
        return self.says

    def stop(self):
        self.stopped = True

    def ends(self, code=0, words="", says=WHOLE):
        self.end, self.says = Ended(code, words), says


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.begun = []
    world.reviewer = a_reviewer(world)
    yield world
    store.close()


def a_reviewer(world, controller=None):
    def begin(payloads):
        world.begun.append(Fake(payloads))
        return world.begun[-1]

    return Reviewer(controller or world.controller, begin)


def step(world, seconds=5):
    """A step after so long; the controller ticked meanwhile."""
    world.clock.pass_s(seconds)
    world.controller.tick()
    world.reviewer.step()


def to_the_night(world, days=1):
    """It is ten past three there and a moment later."""
    today = world.clock() // (DAY_S * 10**6) * DAY_S * 10**6
    night = today + (19 * 3600 + 10 * 60) * 10**6  # UTC
    night += 0 if night > world.clock() else DAY_S * 10**6
    step(world, (night - world.clock()) / 10**6 + (days - 1) * DAY_S)


def reviews(world):
    with world.store.read() as conn:
        found = [one for one in events.read(conn, "", limit=10_000) if one.type == TYPE]
    return found


def said(world):
    return [json.loads(one.body) for one in reviews(world)]


def test_the_clock_of_these_tests_is_that_of_the_policys_zone(world):
    to_the_night(world)
    assert f"{datetime.fromtimestamp(world.clock() / 1e6, UTC):%H:%M}" == "19:10"


def test_each_night_has_one_review_and_an_event_that_tells_of_it(world):
    step(world, SETTLE_US / 1e6)
    assert world.begun == []  # the log is younger than a night
    to_the_night(world)
    step(world)
    assert len(world.begun) == 1
    world.begun[0].ends()
    step(world, 40)
    (event,) = said(world)
    assert event["actor"] == {"kind": "service", "name": "controller"}
    assert (event["outcome"], event["details"]["found"]) == ("ok", "whole")
    assert event["details"]["took_ms"] == 45_000
    assert world.begun[0].stopped
    for _ in range(20):
        step(world, 3600)
    assert len(world.begun) == 1
    to_the_night(world)
    assert len(world.begun) == 2


def test_a_week_that_was_missed_is_made_up_for_once(world):
    to_the_night(world, days=7)
    world.begun[0].ends()
    for _ in range(30):
        step(world, REST_US / 1e6)
    assert len(world.begun) == len(reviews(world)) == 1


def test_payloads_are_opened_once_a_week(world):
    for _ in range(14):
        to_the_night(world)
        opened = {"same": 1, "erased": 0, "closed": []}
        body = WHOLE | ({"payloads": opened} if world.begun[-1].payloads else {})
        world.begun[-1].ends(says=body)
        step(world)
    assert len(world.begun) == len(reviews(world)) == 14
    days = [
        datetime.fromtimestamp(one["at_us"] / 1e6 + 8 * 3600, UTC).strftime("%a")
        for one in said(world)
        if one["details"]["payloads"]
    ]
    assert days == ["Sun", "Sun"]


def test_one_that_was_cut_off_recorded_nothing_and_is_begun_again_after_a_while(world):
    to_the_night(world)
    world.begun[0].ends(code=-9)
    step(world)
    step(world)
    assert (reviews(world), len(world.begun), world.begun[0].stopped) == ([], 1, True)
    step(world, REST_US / 1e6)
    assert len(world.begun) == 2
    world.begun[1].ends()
    step(world)
    assert [one["details"]["found"] for one in said(world)] == ["whole"]


def test_one_that_is_cut_off_again_and_again_is_told_as_not_tried(world):
    to_the_night(world)
    for _ in range(STARTS):
        world.begun[-1].ends(code=-9)
        step(world)
        step(world, REST_US / 1e6)
    (event,) = said(world)
    assert (event["outcome"], event["details"]["found"]) == ("failed", "not_tried")
    assert "cut off 3 times" in event["reason"]
    assert len(world.begun) == STARTS


@pytest.mark.parametrize(
    ("code", "words", "says", "why"),
    [
        (3, "the signer's folder cannot be read", "", "the signer's folder cannot be read"),
        (1, "ValueError: Mrs Tan", "no JSON", "a fault of ours (exit code 1)"),
        (3, "", "", "a fault of ours (exit code 3)"),
        (0, "", {"outcome": "whole"}, "a fault of ours (exit code 0)"),
    ],
)
def test_one_that_could_not_be_tried_is_told_once_and_tried_the_next_night(
    world, code, words, says, why
):
    to_the_night(world)
    world.begun[0].ends(code, words, says)
    for _ in range(10):
        step(world, 3600)
    (event,) = said(world)
    assert why in event["reason"] and "Tan" not in json.dumps(event)
    assert notice(reviews(world)[0]).kind is Happening.ALARM
    to_the_night(world)
    assert len(world.begun) == 2


def test_one_that_hangs_is_ended(world):
    to_the_night(world)
    step(world, module.LONGEST_US / 1e6 - 6)
    assert reviews(world) == []
    step(world, 10)
    assert "had not ended after 20 hours" in said(world)[0]["reason"]
    assert world.begun[0].stopped


def test_what_cannot_be_recorded_now_is_recorded_once_the_store_is_back(world, monkeypatch):
    to_the_night(world)
    world.begun[0].ends()
    writing = world.controller.cabinet.writing

    def fails():
        raise StoreError("the disk is full")

    monkeypatch.setattr(world.controller.cabinet, "writing", fails)
    world.reviewer.step()
    assert reviews(world) == []
    monkeypatch.setattr(world.controller.cabinet, "writing", writing)
    step(world)
    assert (len(reviews(world)), len(world.begun)) == (1, 1)


def test_a_standby_reviews_nothing_and_one_that_lost_its_lease_stops(world):
    other = world.another("other")
    standby = a_reviewer(world, other)
    to_the_night(world)
    standby.step()
    assert len(world.begun) == 1
    world.controller.cabinet.release()
    world.begun[0].ends()
    world.reviewer.step()
    assert (world.begun[0].stopped, reviews(world)) == (True, [])
    world.clock.pass_s(5)
    other.tick()
    standby.step()
    assert len(world.begun) == 2  # whoever acts next begins it anew


def test_a_clock_that_jumps_makes_no_loop(world):
    to_the_night(world)
    world.begun[0].ends()
    step(world)
    for jump in (400 * DAY_S, -400 * DAY_S, 3 * DAY_S, -3 * DAY_S):
        world.clock.jump_s(jump)
        for _ in range(5):
            step(world, REST_US / 1e6)
            for one in world.begun:
                one.ends()
    assert len(world.begun) == 1  # while the clock is off nothing begins, and it is back now


def test_a_jump_that_a_person_accepts_makes_one_review_and_so_does_the_way_back(world):
    to_the_night(world)
    world.begun[0].ends()
    step(world)
    for number, jump in enumerate((400 * DAY_S, -400 * DAY_S), 2):
        world.clock.jump_s(jump)
        world.controller.tick()
        world.controller.cabinet.timekeeper.accept()
        for _ in range(5):
            step(world, REST_US / 1e6)
            for one in world.begun:
                one.ends()
        assert len(world.begun) == len(reviews(world)) == number


def test_whoever_begins_is_left_alone_for_a_minute(world):
    to_the_night(world, days=2)
    world.begun[0].ends(code=-9)
    step(world)
    world.reviewer = a_reviewer(world)
    step(world, SETTLE_US / 1e6 - 2)
    assert len(world.begun) == 1
    step(world, 2)
    assert len(world.begun) == 2


def test_the_end_of_the_process_stops_a_check(world):
    with world.reviewer.at_work():
        to_the_night(world)
    assert (world.begun[0].stopped, reviews(world)) == (True, [])


def really(world):
    """A real check of the real store, until it is over."""
    world.reviewer = Reviewer(
        world.controller, lambda payloads: Fsck.begin(world.home.path, payloads=payloads)
    )
    to_the_night(world, days=2)
    ends = time.monotonic() + 60
    before = len(reviews(world))
    while len(reviews(world)) == before and time.monotonic() < ends:
        time.sleep(0.05)
        step(world, 1)
    return said(world)[-1], notice(reviews(world)[-1])


def test_a_tampered_event_is_named_by_the_event_and_by_an_alarm_until_it_is_whole_again(world):
    world.good(3)
    told, heard = really(world)
    assert (told["details"]["found"], heard) == ("whole", None)
    assert told["details"]["events"] > 3
    of_clinic = (tables.event.c.tenant == "clinic") & (tables.event.c.seq == 2)
    with world.store.write() as conn:
        conn.execute(
            update(tables.event).where(of_clinic).values(at_us=tables.event.c.at_us + 1)
        )
    told, heard = really(world)
    assert told["outcome"] == "failed"
    assert told["details"]["first"] == [{"log": "clinic", "event": 2, "kind": "changed"}]
    assert (heard.kind, heard.tenant) == (Happening.ALARM, "")
    assert "event 2 of the log of clinic" in heard.why
    with world.store.write() as conn:
        conn.execute(
            update(tables.event).where(of_clinic).values(at_us=tables.event.c.at_us - 1)
        )
    told, heard = really(world)
    assert (told["details"]["found"], told["details"]["before"]) == ("whole", "changed")
    assert heard.kind is Happening.RECOVERED


def test_a_killed_check_of_the_real_store_leaves_no_event_and_runs_again(world):
    begun = []

    def begin(payloads):
        begun.append(Fsck.begin(world.home.path, payloads=payloads))
        return begun[-1]

    world.reviewer = Reviewer(world.controller, begin)
    to_the_night(world, days=2)
    begun[0].process.child.kill()
    begun[0].process.child.wait()
    step(world)
    assert reviews(world) == []
    step(world, REST_US / 1e6)
    begun[1].process.child.wait()
    step(world)
    assert [one["details"]["found"] for one in said(world)] == ["whole"]
