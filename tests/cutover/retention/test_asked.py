import pytest
from rollouts import ANNA

from cutover.people import Deed, Person, Role
from cutover.retention import asked, holds
from cutover.retention.asked import ALONE, Order
from cutover.retention.due import Found, Scope
from policies.payloads import Payloads

CARA = Person("cara", frozenset({Role.COMPLIANCE}))
DINA = Person("dina", frozenset({Role.COMPLIANCE}))
DEED = Deed(CARA.actor, 77, "request 4")
NOW_US = 2 * 10**15


@pytest.mark.parametrize(
    ("count", "by", "second", "why"),
    [
        (1, CARA, None, ""),
        (ALONE, CARA, None, ""),
        (ALONE + 1, CARA, None, "second person"),
        (ALONE + 1, CARA, CARA, "another person than cara"),
        (ALONE + 1, CARA, DINA, ""),
        (ALONE + 1, CARA, ANNA, "anna has no role"),
        (1, ANNA, DINA, "anna has no role"),
        (1, Person("e", frozenset(), frozenset({("dental", Role.COMPLIANCE)})), None, "clinic"),
    ],
)
def test_who_may_erase_how_many(count, by, second, why):
    found = asked.objection("clinic", count, by, second)
    assert found == "" if not why else why in found


def test_the_law_s_minimum_is_counted_in_days():
    assert asked.lawful_us(Payloads(), NOW_US) > NOW_US + 100 * 365 * 86_400_000_000
    kept = Payloads(keep=90, minimum_days=30)
    assert asked.lawful_us(kept, NOW_US) == NOW_US - 30 * 86_400_000_000


def test_an_erasure_is_done_in_batches_each_on_record_and_leaves_what_is_held(
    world, seen, monkeypatch
):
    monkeypatch.setattr(asked.erasing, "BATCH", 2)
    ids = [world.exchange() for _ in range(4)]
    with world.store.write() as conn:
        holds.place(conn, "clinic", DEED, exchange_id=ids[1])
    ticks = []
    order = Order(Scope("clinic", before_us=NOW_US), NOW_US, DEED, DINA)
    done = asked.erase(world.store, world.sealer, order, ticks.append)
    assert (done.count, ticks) == (3, [2, 3])
    assert [seen.kept(one) for one in ids] == [False, True, False, False]
    first, second = seen.told("payload.erased")
    assert first["details"] | {"first": "", "last": ""} == {
        "class": "payload",
        "count": 2,
        "first": "",
        "last": "",
        "exchanges": [],
        "subject": "",
        "before_us": NOW_US,
        "months_destroyed": [],
        "second": "dina",
        "before": "kept",
        "after": "erased",
    }
    assert (first["actor"]["name"], first["reason"]) == ("cara", "request 4")
    assert second["details"]["count"] == 1


def test_exchanges_that_were_named_are_named_on_record(world, seen):
    one, other = world.exchange(), world.exchange()
    order = Order(Scope("clinic", exchange_ids=(one,)), NOW_US, DEED)
    assert asked.erase(world.store, world.sealer, order).count == 1
    assert asked.erase(world.store, world.sealer, order).count == 0
    assert (seen.kept(one), seen.kept(other)) == (False, True)
    (told,) = seen.told("payload.erased")
    assert told["details"]["exchanges"] == [one]


def test_a_dry_run_says_what_is_kept_and_why():
    assert asked.said(Found(3, 0, 0, 0, 0)) == "3 exchanges can be erased"
    said = asked.said(Found(3, 1, 2, 4, 5))
    for word in ("1 under a legal hold", "2 kept for an incident", "4 younger", "5 under way"):
        assert word in said
