"""Who is looked at first, and who waits for a later tick."""

from dataclasses import dataclass

import pytest
from builders import rollout
from rollouts import ANNA, KEY, World

from cutover import takeover
from cutover.desk import Desk, Yes
from cutover.evidence import rebuilding
from cutover.file import File
from cutover.history import Saved
from cutover.refusals import Conflict
from cutover.stages import Stage
from cutover.takeover import LONGEST_US, TURN_US, Takeover, asleep
from cutover.tenure import LEASE_US
from mirror.journal.store import Store


class Steady:
    now_us = 0

    def __call__(self):
        return self.now_us


def filed(stage):
    return File(None, Saved(rollout(stage), 1))


def test_those_whose_candidate_answers_people_come_first_and_else_their_order_stays():
    stages = [Stage.MIRROR, Stage.LIVE, Stage.OFF, Stage.CANARY, Stage.MIRROR]
    files = {(str(n), "chat"): filed(stage) for n, stage in enumerate(stages)}
    assert [n for n, _ in Takeover(Steady()).order(files)] == ["1", "3", "0", "2", "4"]


def test_only_what_mirrors_and_was_not_read_waits_and_only_after_a_second():
    turns = Takeover(Steady())
    turns.order({})
    turns._spent_us = LONGEST_US - 1
    assert not turns.waits(filed(Stage.MIRROR))
    turns._spent_us += 1
    assert [turns.waits(filed(stage)) for stage in Stage] == [
        stage is Stage.MIRROR for stage in Stage
    ]
    turns.order({})
    assert not turns.waits(filed(Stage.MIRROR))


def test_what_waited_is_judged_at_the_next_tick(home):
    world = World(Store.open(home.store_url), home)
    world.tick()
    world.good(3)
    world.controller.cabinet.release()
    another, steady = world.another("another"), Steady()
    another._takeover = Late(steady)
    world.clock.pass_s(1)
    another.tick()
    assert world.view(another).reasons == ("not judged yet",)
    assert world.tables[-1].standings[KEY].stage == "mirror"
    another._takeover = Takeover(steady)
    another.tick()
    assert world.view(another).sessions == 3
    world.store.close()


def test_what_is_at_rest_sleeps_until_something_is_new_of_it(home):
    world = World(Store.open(home.store_url), home)
    world.tick()
    world.good(2)
    world.tick()
    controller = world.controller
    assert asleep(controller.cabinet, KEY, controller._news)
    assert asleep(controller.cabinet, ("nobody", "chat"), controller._news)
    world.clock.pass_s(31)
    assert not asleep(controller.cabinet, KEY, controller._news)
    world.store.close()


class Late(Takeover):
    """Others were read for a second when the first turn comes."""

    def order(self, files):
        found = super().order(files)
        self._spent_us = LONGEST_US
        return found


class Passing(Steady):
    """Each time it is asked, somewhat more has passed."""

    def __call__(self):
        self.now_us += TURN_US
        return self.now_us


def test_evidence_that_takes_long_to_read_is_read_over_ticks_with_the_lease_kept_between(
    home, monkeypatch
):
    monkeypatch.setattr(rebuilding, "SLICE", 2)
    monkeypatch.setattr(takeover, "LONGEST_US", TURN_US)  # one turn a tick
    world = World(Store.open(home.store_url), home)
    world.tick()
    world.good(9)
    told, tables = world.view(), len(world.tables)
    world.controller.cabinet.release()
    another, third = world.another("another"), world.another("third")
    another._takeover = Takeover(Passing())
    said = []
    while world.view(another).sessions != 9:
        world.clock.pass_s(LEASE_US / 2_000_000)
        another.tick()
        third.tick()
        assert another.acting and not third.acting
        said.append(world.view(another).reasons)
        assert len(said) < 20
    assert said[0] == ("its evidence is added up anew: 4 of 9 sessions so far",)
    assert len(said) > 2, "it took longer than a lease lasts"
    assert len(world.tables) == tables + len(said), "each tick published"
    assert world.view(another).evidence == told.evidence
    world.store.close()


@dataclass
class Unread:
    """A rebuilding of which so many sessions are left."""

    left: int


def test_who_is_not_through_with_reading_comes_again_while_there_is_time():
    turns, file = Takeover(Steady()), filed(Stage.MIRROR)
    files = {KEY: file, ("other", "chat"): filed(Stage.MIRROR)}
    file.rebuilding = Unread(9)
    came = []
    for key in turns.order(files):
        came.append(key)
        if key == KEY:
            turns._spent_us += LONGEST_US // 3 + 1
    assert came[0:2] == [KEY, ("other", "chat")]
    assert came[2:] == [KEY, KEY]
    assert list(turns.order(files)) == [KEY, ("other", "chat"), KEY], "no turn took anything"


def test_who_serves_is_read_before_any_mirror_and_who_needs_least_of_it_first():
    turns = Takeover(Steady())
    files = {(name, "chat"): filed(stage) for name, stage in [
        ("mirror", Stage.MIRROR), ("large", Stage.LIVE), ("small", Stage.CANARY), ("read", Stage.LIVE)
    ]}  # fmt: skip
    files["read", "chat"].dossier = object()
    left = {"large": 30, "small": 2, "mirror": 1}
    for name, sessions in left.items():
        files[name, "chat"].rebuilding = Unread(sessions)
    came = []
    for name, _ in turns.order(files):
        came.append(name)
        file = files[name, "chat"]
        if file.rebuilding and turns._spent_us < LONGEST_US:
            turns._spent_us += LONGEST_US // 4
            file.rebuilding.left -= 1
            if file.rebuilding.left == 0:
                file.rebuilding, file.dossier = None, object()
    assert came == ["read", "small", "large", "small", "large", "mirror"]
    assert files["small", "chat"].dossier, "though the large one has much to read"


def test_a_rollout_that_is_dropped_while_others_are_read_has_no_turn():
    turns = Takeover(Steady())
    files = {KEY: filed(Stage.LIVE), ("other", "chat"): filed(Stage.LIVE)}
    for file in files.values():
        file.rebuilding = Unread(5)
    came = []
    for key in turns.order(files):
        came.append(key)
        turns._spent_us += 1
        files.pop(("other", "chat"), None)
        if len(came) > 3:
            break
    assert came.count(("other", "chat")) <= 1


def test_a_person_is_not_told_that_a_proposal_is_void_because_its_evidence_is_not_read_yet(
    home, monkeypatch
):
    world = World(Store.open(home.store_url), home)
    world.tick()
    proposal = world.until_proposed()
    monkeypatch.setattr(rebuilding, "SLICE", 2)
    monkeypatch.setattr(takeover, "LONGEST_US", TURN_US)
    world.controller.cabinet.release()
    another = world.another("another")
    another._takeover = Takeover(Passing())
    world.clock.pass_s(1)
    another.tick()
    desk = Desk(another)
    with pytest.raises(Conflict, match="cannot be judged yet: its evidence is added up anew"):
        desk.approve(ANNA, KEY, proposal["id"], Yes("looks right"))
    assert world.events("approval.void") == []
    another._takeover = Takeover(Steady())
    assert desk.approve(ANNA, KEY, proposal["id"], Yes("looks right")).applied
    world.store.close()


def test_until_the_day_was_counted_the_primary_is_asked_again_by_nobody(home, monkeypatch):
    world = World(Store.open(home.store_url), home)
    world.tick()
    world.good(9)
    assert world.tables[-1].standings[KEY].reask_percent > 0
    monkeypatch.setattr(rebuilding, "SLICE", 2)
    monkeypatch.setattr(takeover, "LONGEST_US", TURN_US)
    world.controller.cabinet.release()
    another = world.another("another")
    another._takeover = Takeover(Passing())
    world.clock.pass_s(1)
    another.tick()
    assert world.view(another).reasons == (
        "its evidence is added up anew: 4 of 9 sessions so far",
    )
    assert world.tables[-1].standings[KEY].reask_percent == 0
    world.store.close()
