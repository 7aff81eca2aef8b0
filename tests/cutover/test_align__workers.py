"""Workers are exchanged, and the very same answers are told by other numbers: nobody is rolled back by that."""

import pytest
from builders import REHEARSAL
from rollouts import World, a_policy

from cutover.evidence import dossier
from cutover.evidence.again import Outcome
from cutover.evidence.replay import replay
from cutover.evidence.scale import WANTED
from cutover.evidence.yardstick import SETTLED
from mirror.journal.store import Store

KEYS = [(name, "chat") for name in ("east", "north", "west")]


def without_consent(**changes):
    """A policy of several tenants whose primary is never asked again: their agreement is held against a bar."""
    policy = a_policy(terms=REHEARSAL).model_dump(mode="json")
    tenant = {"cloud": "allowed", "reask": False}
    tenants = {name: tenant | {"identify": {"header": name}} for name, _ in KEYS}
    rollouts = [policy["rollouts"][0] | {"tenant": name} for name, _ in KEYS]
    return a_policy(terms=REHEARSAL, tenants=tenants, rollouts=rollouts, **changes)


@pytest.fixture
def fleet(home):
    """All of them live, each with answers that agree by 0.72."""
    store = Store.open(home.store_url)
    world = World(store, home, without_consent())
    world.tick()
    for key in KEYS:
        world.key = key
        world.until_proposed(**agree(0.72))
        world.approve()
        world.until_proposed(**agree(0.72))
        world.approve()
    yield world
    store.close()


def agree(by, comparators="test"):
    return {"equivalence": by, "noise_floor": None, "comparators": comparators}


def each(world, sessions, **values):
    """Sessions of every tenant, and a tick for all."""
    for _ in range(sessions):
        for key in KEYS:
            world.key = key
            world.exchange(**values)
        world.controller.tick()


def stages(world):
    return [world.controller.view(key).stage for key in KEYS]


def test_an_exchange_of_workers_rolls_back_nobody_and_what_is_worse_then_is_found(fleet):
    assert stages(fleet) == ["live"] * 3
    each(fleet, 15, **agree(0.72))
    each(fleet, SETTLED + WANTED + 60, **agree(0.60, "newer"))
    assert stages(fleet) == ["live"] * 3
    why = fleet.controller.view(KEYS[0]).reasons
    assert any(
        "answers are compared with `newer` now, and were with `test`" in one for one in why
    )
    fleet.controller = fleet.another("next")
    fleet.clock.pass_s(6)
    each(fleet, 10, **agree(0.60, "newer"))
    assert stages(fleet) == ["live"] * 3
    fleet.key = KEYS[1]
    fleet.until("rolled_back", **agree(0.1, "newer"))
    assert stages(fleet) == ["live", "rolled_back", "live"]
    assert [one.evidence.outcome for one in again(fleet, KEYS[1])] == [Outcome.EQUAL] * 4
    assert again(fleet, KEYS[1])[-1].verdict.outcome is Outcome.EQUAL


def again(world, key):
    declared = next(one for one in world.policy.rollouts if one.tenant == key[0])
    rules = dossier.rules_of(world.policy, declared)
    with world.store.read() as conn:
        return list(replay(conn, key, lambda sha256: rules))


def test_an_upgrade_that_brings_other_comparators_takes_old_sessions_for_the_first(fleet):
    """Sessions of an earlier version do not say what measured them; the ledger's first comparison does."""
    from sqlalchemy import update

    from cutover import tables

    each(fleet, 15, **agree(0.72))
    table = tables.observation
    with fleet.store.write() as conn:
        for row in conn.execute(table.select()).all():
            told = row.values.replace('"comparators": "test", ', "")
            assert told != row.values
            where = [getattr(table.c, name) == getattr(row, name)
                     for name in ("tenant", "route", "epoch", "number")]  # fmt: skip
            conn.execute(update(table).where(*where).values(values=told))
    fleet.controller = fleet.another("next")
    fleet.clock.pass_s(6)
    each(fleet, SETTLED + 40, **agree(0.60, "newer"))
    assert stages(fleet) == ["live"] * 3
    scale = fleet.controller.cabinet.file(KEYS[0]).dossier.account.closed.scale
    assert (scale.first, scale.name) == ("test", "newer")
