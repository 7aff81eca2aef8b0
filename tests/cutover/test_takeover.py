"""Who is looked at first, and who waits for a later tick."""

from builders import rollout
from rollouts import KEY, World

from cutover.file import File
from cutover.history import Saved
from cutover.stages import Stage
from cutover.takeover import LONGEST_US, Takeover, asleep
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
    steady = Steady()
    turns = Takeover(steady)
    turns.order({})
    steady.now_us = LONGEST_US
    assert not turns.waits(filed(Stage.MIRROR))
    steady.now_us += 1
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
    """Much time has passed when the first turn comes."""

    def order(self, files):
        found = super().order(files)
        self.steady_us.now_us += 2 * LONGEST_US
        return found
