"""Where a route table goes: the file has each, the store those that say something new."""

from dataclasses import replace

import pytest
from rollouts import World

from cutover.controller import Controller
from cutover.telling import Telling, telling
from mirror import publish
from mirror.journal import published
from mirror.journal.store import StoreError
from mirror.publish import FENCE
from mirror.route_table import RouteTable, Standing

ROW = Standing("clinic", "chat", "canary", 5.0, 3, "s")


def table(count, *, fence=1, **values):
    return RouteTable(
        fence * FENCE + count, count, {("clinic", "chat"): replace(ROW, **values)}
    )


def there(store):
    with store.read() as conn:
        return published.version(conn)


@pytest.fixture
def told(store, home):
    return Telling(home.routes_file, store)


def test_the_store_is_written_when_something_changed_or_another_controller_speaks(
    store, home, told
):
    versions = []
    for one in (
        table(1),
        table(2),
        table(3, share=50.0),
        table(4, share=50.0),
        replace(table(5, share=50.0), emergencies=frozenset({("clinic", "")})),
        replace(table(6, share=50.0), drains={"gpu": 0}),
        replace(table(7, share=50.0), factors={"gpu": 0.5}),
        table(1, fence=2, share=50.0),
    ):
        told(one)
        assert publish.version_in(home.routes_file) == one.version
        versions.append(there(store) - FENCE)
    assert versions == [1, 1, 3, 3, 5, 6, 7, FENCE + 1]


def test_what_the_store_did_not_take_is_told_at_the_next_tick(store, home, caplog):
    class Away:
        def write(self):
            raise StoreError("away")

    told = Telling(home.routes_file, Away())
    told(table(1))
    told(table(1))
    assert len(caplog.records) == 1
    assert publish.version_in(home.routes_file) == FENCE + 1
    assert "other machines were not told of the route table: away" in caplog.text
    told.store = store
    told(table(2))
    assert there(store) == FENCE + 2


def test_a_file_that_cannot_be_written_keeps_nothing_from_the_others(store, home, told):
    home.routes_file.mkdir()
    with pytest.raises(OSError):
        told(table(1))
    assert there(store) == FENCE + 1


def test_an_earlier_controller_tells_nobody(store, home, told, caplog):
    told(table(1, fence=2))
    Telling(home.path / "elsewhere.json", store)(table(9, fence=1))
    assert there(store) == 2 * FENCE + 1
    assert "have a later route table" in caplog.text


def test_a_controller_publishes_to_both(store, home, store_url):
    world = World(store, home)
    to = telling(home.routes_file, store, store_url)
    controller = Controller(world.policy, store, to, world.clock, owner="first")
    controller.tick()
    found = publish.read(home.routes_file)
    assert found.standing("clinic", "chat").stage == "mirror"
    if store_url.startswith("sqlite"):
        assert there(store) == 0  # there are no others
        return
    assert there(store) == found.version
    controller.tick()
    assert publish.version_in(home.routes_file) > there(store) == found.version
