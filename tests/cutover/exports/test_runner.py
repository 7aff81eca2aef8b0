"""The job that makes what people asked for: one at a time, by who acts, and nothing is left that looks whole and is not."""

from dataclasses import dataclass

import pytest
from exported_orders import ASK, a_world, told
from rollouts import ROOT

from cutover import people
from cutover.approving.proposal import Confirmed
from cutover.exports import orders, place
from cutover.exports.counter import Counter, TooLate, Wanted
from cutover.exports.making import CUT_OFF, Ended
from cutover.exports.order import STARTS, Act, State
from cutover.exports.runner import TIDY_EVERY, Runner
from cutover.people import Person, Role
from mirror.journal import events
from mirror.journal.store import Store

CORA = Person("cora", frozenset({Role.COMPLIANCE}))
LENA = Person("lena", frozenset({Role.LEAD}))
DAY_S = 86_400


@dataclass
class Fake:
    """A process that ends when the test says so, and makes a file on the way."""

    out: object
    end: Ended | None = None
    stopped: bool = False

    def ended(self):
        return self.end

    def stop(self):
        self.stopped = True

    def ends(self, code=0, words="", content=b"a bundle"):
        if code == 0 and content is not None:
            self.out.write_bytes(content)
        self.end = Ended(code, words)


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = a_world(store, home)
    world.made = []
    world.folder = home.path / place.FOLDER
    world.runner = a_runner(world)
    yield world
    store.close()


def a_runner(world, controller=None):
    def begin(id, out):
        work = out.with_name(f"{out.name}.work")
        work.mkdir(exist_ok=True)
        (work / "events.jsonl").write_text("{}")
        world.made.append(Fake(out))
        return world.made[-1]

    return Runner(controller or world.controller, world.folder, begin)


def ask(world, profile="redacted"):
    return Counter(world.controller).ask(CORA, Wanted(**ASK, profile=profile)).id


def found(world, id):
    with world.store.read() as conn:
        return orders.find(conn, id)


def tidy(world):
    """As many steps as there are between two looks at what is over."""
    for _ in range(TIDY_EVERY):
        world.runner.step()


def types(world):
    return [one["type"] for one in told(world)]


def test_what_was_asked_for_is_made_one_after_the_other_and_told(world):
    first, second = ask(world), ask(world)
    world.runner.step()
    world.runner.step()
    assert [found(world, id).state for id in (first, second)] == ["running", "approved"]
    world.made[0].ends()
    world.runner.step()
    done = found(world, first)
    assert (done.state, done.bytes, len(done.sha256)) == (State.DONE, 8, 64)
    assert done.ended_us == world.clock()
    assert found(world, second).state is State.RUNNING
    assert types(world)[2:] == ["export.running", "export.done", "export.running"]
    assert told(world)[3]["actor"] == {"kind": "service", "name": "controller"}
    assert told(world)[3]["details"]["sha256"] == done.sha256


def test_payloads_wait_until_somebody_else_agreed(world):
    id = ask(world, "full")
    world.runner.step()
    assert world.made == []
    yes = Confirmed("password", world.clock())
    Counter(world.controller).approve(LENA, id, "yes", lambda: yes)
    world.runner.step()
    assert len(world.made) == 1


def test_what_was_cut_off_goes_on_with_the_next_controller(world):
    id = ask(world)
    world.runner.step()
    world.runner.stop()
    assert (world.made[0].stopped, found(world, id).state) == (True, State.RUNNING)
    world.runner = a_runner(world)
    world.runner.step()
    assert (world.folder / f"{id}.tar.work" / "events.jsonl").exists()
    world.made[1].ends()
    world.runner.step()
    assert (found(world, id).state, found(world, id).starts) == (State.DONE, 2)


@pytest.mark.parametrize("code", [-9, CUT_OFF])
def test_what_is_cut_off_again_and_again_fails_with_words(world, code):
    id = ask(world)
    for _ in range(STARTS + 1):
        world.runner.step()
        if world.made:
            world.made[-1].ends(code)
    world.runner.step()
    over = found(world, id)
    assert (over.state, len(world.made)) == (State.FAILED, STARTS)
    assert "cut off" in over.reason


@pytest.mark.parametrize(
    ("code", "words", "says"),
    [
        (2, "no space was left on the disk of the controller", "no space was left"),
        (1, "Traceback: KeyError", "a fault of ours (exit code 1)"),
        (2, "", "a fault of ours (exit code 2)"),
    ],
)
def test_what_fails_says_why_and_leaves_nothing_half_written(world, code, words, says):
    id = ask(world)
    world.runner.step()
    (world.folder / f".{id}.tar.part").write_bytes(b"half")
    world.made[0].ends(code, words)
    world.runner.step()
    over = found(world, id)
    assert over.state is State.FAILED
    assert says in over.reason
    assert "KeyError" not in over.reason
    assert list(world.folder.iterdir()) == []
    assert told(world)[-1]["outcome"] == "failed"


def test_one_that_says_it_is_done_and_left_no_bundle_has_failed(world):
    id = ask(world)
    world.runner.step()
    world.made[0].ends(0, content=None)
    world.runner.step()
    assert found(world, id).state is State.FAILED


def test_who_is_overtaken_stops_and_the_other_goes_on(world):
    id = ask(world)
    world.runner.step()
    world.clock.pass_s(10)
    other = world.another("second")
    other.cabinet.lead()
    world.clock.pass_s(4)
    other.cabinet.lead()
    assert other.acting
    world.runner.step()
    assert world.made[0].stopped
    a_runner(world, other).step()
    assert (len(world.made), found(world, id).starts) == (2, 2)


def test_nobody_agreed_for_seven_days_and_it_is_over(world):
    id = ask(world, "full")
    later(world, 7 * DAY_S - 60)
    tidy(world)
    assert found(world, id).state is State.REQUESTED
    later(world, 60)
    tidy(world)
    assert found(world, id).state is State.EXPIRED
    assert types(world) == ["export.asked", "export.expired"]
    assert told(world)[-1]["actor"]["name"] == "controller"


def test_a_bundle_goes_after_the_days_that_the_policy_keeps_it(world):
    id = ask(world)
    world.runner.step()
    world.made[0].ends()
    world.runner.step()
    later(world, 7 * DAY_S - 60)
    tidy(world)
    assert place.bundle(world.folder, id).exists()
    later(world, 60)
    tidy(world)
    assert list(world.folder.iterdir()) == []
    assert found(world, id).deleted_us == world.clock()
    tidy(world)
    assert types(world).count("export.deleted") == 1


def test_while_the_clock_is_off_nothing_ends_by_it(world):
    id = ask(world, "full")
    world.clock.jump_s(30 * DAY_S)
    world.controller.tick()
    tidy(world)
    assert found(world, id).state is State.REQUESTED


def test_what_nobody_asked_for_is_swept_away_and_what_is_kept_stays(world):
    id = ask(world)
    world.runner.step()
    world.made[0].ends()
    world.runner.step()
    for name in ("x.tar", ".y.tar.part", "notes.txt"):
        (world.folder / name).write_bytes(b"?")
    (world.folder / "z.tar.work").mkdir()
    world.runner = a_runner(world)
    world.runner.step()
    left = sorted(one.name for one in world.folder.iterdir())
    assert left == sorted([f"{id}.tar", f"{id}.tar.work", "notes.txt"])


def later(world, seconds):
    world.clock.pass_s(seconds)
    world.controller.cabinet.lead()
    world.controller.tick()


def erase(world, tenant="clinic"):
    with world.store.write() as conn:
        events.append(
            conn,
            tenant=tenant,
            type="payload.erased",
            actor={"kind": "human", "name": "cora"},
            object={"kind": "payloads", "id": tenant},
            at_us=1,  # of a machine whose clock is far off
        )


def with_payloads(world):
    """An order of payloads whose turn has come."""
    id = ask(world, "full")
    yes = Confirmed("password", world.clock())
    Counter(world.controller).approve(LENA, id, "yes", lambda: yes)
    world.runner.step()
    return id


def test_a_bundle_of_payloads_goes_once_somebody_had_some_of_its_tenant_erased(world):
    erase(world)  # before it was begun
    id = with_payloads(world)
    world.made[0].ends()
    world.runner.step()
    erase(world, "elsewhere")
    tidy(world)
    assert place.bundle(world.folder, id).exists()
    Counter(world.controller).fit(CORA, Act.DOWNLOAD, found(world, id))
    erase(world)
    with pytest.raises(TooLate, match="were erased since it was begun"):
        Counter(world.controller).fit(CORA, Act.DOWNLOAD, found(world, id))
    tidy(world)
    assert list(world.folder.iterdir()) == []
    assert found(world, id).deleted_us == world.clock()
    assert "were erased" in told(world)[-1]["reason"]


def test_a_bundle_without_payloads_stays_whatever_is_erased(world):
    id = ask(world)
    world.runner.step()
    erase(world)
    world.made[0].ends()
    world.runner.step()
    tidy(world)
    assert place.bundle(world.folder, id).exists()


def test_while_payloads_are_erased_none_that_is_being_made_is_whole(world):
    id = with_payloads(world)
    erase(world)
    world.made[0].ends()
    world.runner.step()
    over = found(world, id)
    assert (over.state, list(world.folder.iterdir())) == (State.FAILED, [])
    assert "erased since it was begun; ask for it again" in over.reason


@pytest.mark.parametrize("name", ["cora", "lena"])
def test_who_lost_the_right_meanwhile_has_asked_or_agreed_in_vain(world, name):
    id = ask(world, "full")
    yes = Confirmed("password", world.clock())
    Counter(world.controller).approve(LENA, id, "yes", lambda: yes)
    with world.store.write() as conn:
        people.revoke(conn, name, by=ROOT, at_us=1)
    world.runner.step()
    over = found(world, id)
    assert (world.made, over.state) == ([], State.REFUSED)
    assert over.reason.startswith(name)
    assert told(world)[-1]["outcome"] == "denied"


def test_what_lies_with_one_who_stands_by_goes_there_too(world):
    id = ask(world)
    world.runner.step()
    world.made[0].ends()
    world.runner.step()
    (world.folder / "0123.tar").write_bytes(b"nobody asked for it")
    standby = world.another("second")
    assert not standby.acting
    a_runner(world, standby).step()
    assert not (world.folder / "0123.tar").exists()
    assert place.bundle(world.folder, id).exists()
