"""A store that was put back from a copy while the proxies obey a later table."""

import json
import sqlite3
from contextlib import closing
from functools import partial

import pytest
from rollouts import ANNA, KEY, World

from cutover import reconcile
from cutover.emergency.switchboard import Switchboard
from cutover.notices.notice import notice
from mirror import publish
from mirror.journal import events
from mirror.journal.store import Store
from policies.notify import Happening


class Kept(World):
    """Controllers that publish to the file of their data folder."""

    def another(self, owner, policy=None):
        controller = super().another(owner, policy)
        controller.cabinet.tenure.end()
        controller.cabinet.tenure.routes = self.home.routes_file
        controller._publisher.to = self.publish
        controller.cabinet.lead()
        return controller

    def publish(self, table):
        self.tables.append(table)
        publish.write(self.home.routes_file, table)

    def obeyed(self):
        return publish.read(self.home.routes_file)

    def of_deployment(self):
        with self.store.read() as conn:
            return events.read(conn, "", limit=100_000)


@pytest.fixture
def copied(home, tmp_path):
    """A world in canary, of whose store a copy is put back while it goes on; and how that is done."""
    world = Kept(Store.open(home.store_url), home)
    world.tick()
    world.to_canary()
    world.tick()
    with (
        closing(sqlite3.connect(home.path / "store.db")) as now,
        closing(sqlite3.connect(tmp_path / "copy.db")) as copy,
    ):
        now.backup(copy)
    for owner in ("second", "third"):  # fences go on
        world.controller.cabinet.release()
        world.controller = world.another(owner)
        world.tick()

    def back():
        world.store.close()
        for path in home.path.rglob("store.db*"):
            path.unlink()
        (tmp_path / "copy.db").rename(home.path / "store.db")
        world.store = Store.open(home.store_url)
        world.controller = world.another("fourth")

    yield world, back
    world.store.close()


def ticked(world):
    for _ in range(5):  # the owner that the copy knows is waited for
        world.tick()


def test_what_was_rolled_back_since_the_copy_is_not_served_again(copied):
    world, back = copied
    world.desk.roll_back(ANNA, KEY, "wrong doses")
    version = world.obeyed().version
    back()
    ticked(world)
    assert world.view().stage == "rolled_back"
    assert world.obeyed().version > version
    assert world.obeyed().standing(*KEY).share == 0
    why = world.events("state.transition")[-1]["reason"]
    assert why.startswith("the store was put back from a copy")
    told = {one.type: notice(one) for one in world.of_deployment()}
    assert told["store.put_back"].kind is Happening.ALARM
    assert "rolled back: clinic/chat; switched on again: none" in told["store.reconciled"].what


def test_what_serves_as_much_goes_on_and_is_obeyed(copied):
    world, back = copied
    back()
    ticked(world)
    assert world.view().stage == "canary"
    version = world.obeyed().version
    world.desk.roll_back(ANNA, KEY, "wrong doses")
    assert world.obeyed().version > version
    assert world.obeyed().standing(*KEY).stage == "rolled_back"


def test_an_emergency_and_a_drain_since_the_copy_stay_on(copied):
    world, back = copied
    board = Switchboard(world.controller)
    board.switch_on(ANNA, "clinic", "", "smoke")
    board.drain(ANNA, "gpu", 600, "new fans")
    back()
    ticked(world)
    assert world.obeyed().emergencies == {("clinic", "")}
    assert world.obeyed().drains.keys() == {"gpu"}
    assert [one.name for one in world.controller.cabinet.switches.emergencies] == ["clinic"]


def test_nothing_is_published_before_it_is_reconciled_whoever_dies(copied, monkeypatch):
    world, back = copied
    world.desk.roll_back(ANNA, KEY, "wrong doses")
    version = world.obeyed().version
    back()

    def dies(cabinet):
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("cutover.publish.reconcile", dies)
        with pytest.raises(RuntimeError):
            ticked(world)
    assert world.obeyed().version == version
    world.controller.cabinet.release()
    world.controller = world.another("fifth")
    world.tick()
    assert world.view().stage == "rolled_back"
    assert [one.type for one in world.of_deployment()].count("store.put_back") == 1


def test_where_the_table_in_force_cannot_be_read_nobody_is_served(copied, monkeypatch):
    world, back = copied
    back()
    broken = partial(publish.RouteTableBroken, world.home.routes_file)

    def unreadable(path):
        raise broken("spoilt")

    monkeypatch.setattr(reconcile.publish, "read", unreadable)
    ticked(world)
    assert world.view().stage == "rolled_back"


def test_a_store_that_was_never_put_back_is_never_said_to_be(copied):
    world, _ = copied
    assert "store.put_back" not in {one.type for one in world.of_deployment()}
    assert json.loads(world.home.routes_file.read_text())["version"] > 3 * publish.FENCE
