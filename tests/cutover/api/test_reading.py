"""Pages of comparisons and events."""

import json

import pytest
from rollouts import KEY, VERA, World
from sqlalchemy import update

from cutover.api import reading
from mirror.exchange import Side
from mirror.journal import tables
from mirror.journal.seal import ERASED, Sealer
from mirror.journal.store import Store

OF = tables.exchange.c.id


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


def pages(world, limit, flag=""):
    before, found = None, []
    while True:
        page = reading.comparisons(
            world.store, world.sealer, KEY, limit=limit, before=before, flag=flag
        )
        found.append([one.number for one in page.rows])
        before = page.next
        if before is None:
            return found


def test_pages_follow_one_another_without_gap_or_repetition(world):
    world.good(7)
    assert pages(world, 3) == [[7, 6, 5], [4, 3, 2], [1]]
    assert pages(world, 7) == [[7, 6, 5, 4, 3, 2, 1]]
    assert pages(world, 50) == [[7, 6, 5, 4, 3, 2, 1]]


def test_a_page_goes_on_past_an_exchange_that_was_erased(world):
    world.good(3)
    world.exchange(bad=True)
    erased = reading.comparisons(
        world.store, world.sealer, KEY, limit=1, before=None, flag=""
    ).rows[0]
    with world.store.write() as conn:
        conn.execute(
            update(tables.exchange).where(erased.exchange_id == OF).values(body=ERASED)
        )
        conn.execute(
            update(tables.reply)
            .where(tables.reply.c.exchange_id == erased.exchange_id)
            .values(body=ERASED)
        )
    page = reading.comparisons(world.store, world.sealer, KEY, limit=10, before=None, flag="")
    assert [(one.number, one.closed) for one in page.rows] == [
        (4, "erased"),
        (3, ""),
        (2, ""),
        (1, ""),
    ]
    gone = page.rows[0]
    assert (gone.prompt, gone.primary, gone.candidate) == (None, None, None)
    assert [flag.code for flag in gone.flags] == [flag.code for flag in erased.flags] != []
    assert gone.equivalence == erased.equivalence


def test_a_page_goes_on_past_a_key_that_is_lost(world, home):
    world.good(2)
    for folder in (home.keys / "tenants").iterdir():
        folder.rename(folder.with_name(f"{folder.name}-away"))
    sealer = Sealer.open(home)
    page = reading.comparisons(world.store, sealer, KEY, limit=10, before=None, flag="")
    assert [one.closed for one in page.rows] == ["key lost", "key lost"]


def test_a_page_of_one_flag_goes_on_where_the_search_ended(world, monkeypatch):
    monkeypatch.setattr(reading, "SCANNED", 2)
    world.exchange(bad=True)
    for _ in range(4):
        world.exchange()
    assert pages(world, 5, flag="DOSE_CONFLICT") == [[], [], [1]]


def test_a_view_is_recorded_for_the_rollout(world):
    reading.record_view(world.store, KEY, VERA, ["e1", "e2"], world.clock())
    page = reading.rollout_events(world.store, KEY, limit=10, before=None)
    assert page.rows[0].type == "payload.viewed"
    assert page.rows[0].details == {"exchanges": 2, "exchange_ids": ["e1", "e2"]}


def test_events_of_a_rollout_with_a_similar_name_are_not_among_them(world):
    before = reading.rollout_events(world.store, KEY, limit=50, before=None).rows
    reading.record_view(world.store, ("clinic", "cha_"), VERA, ["e1"], world.clock())
    assert reading.rollout_events(world.store, KEY, limit=50, before=None).rows == before
    similar = reading.rollout_events(world.store, ("clinic", "cha_"), limit=50, before=None)
    assert len(similar.rows) == 1


def test_letters_that_are_no_event_any_more_take_no_other_from_a_rollouts_page(world):
    before = reading.rollout_events(world.store, KEY, limit=50, before=None).rows
    letters = 'no JSON "object":{"id":"clinic/chat","kind":"rollout"}'
    of = (tables.event.c.tenant == "clinic") & (tables.event.c.seq == before[0].seq)
    with world.store.write() as conn:
        conn.execute(update(tables.event).where(of).values(body=letters))
    broken, *others = reading.rollout_events(world.store, KEY, limit=50, before=None).rows
    assert others == before[1:]
    assert (broken.seq, broken.type) == (before[0].seq, before[0].type)
    assert "no event" in broken.reason


def test_latencies_are_milliseconds_oldest_first(world):
    world.good(2)
    told = reading.latencies(world.store, KEY)
    assert told.primary_ms == told.candidate_ms == [200.0, 200.0]


def test_pairs_whose_copy_was_sent_late_are_no_picture_of_latency(world):
    world.exchange(copy_after_us=61_000_000)
    world.good(1)
    assert reading.latencies(world.store, KEY).candidate_ms == [200.0]


def test_flags_are_counted_by_kind_without_opening_a_text(world):
    world.exchange(bad=True)
    world.good(2)
    told = reading.flags(world.store, KEY)
    assert told.of == 3
    assert ("fail", "DOSE_CONFLICT", 1) in [
        (one.severity, one.code, one.comparisons) for one in told.kinds
    ]
    assert "payload.viewed" not in str(
        reading.rollout_events(world.store, KEY, limit=50, before=None).rows
    )


def test_a_comparison_tells_who_gave_each_answer_and_how_that_is_known(world):
    world.exchange()
    told = json.dumps([["model", "own", "observed"], ["gpus", "2x L40S", "declared"]])
    with world.store.write() as conn:
        candidates = update(tables.reply).where(tables.reply.c.side == Side.CANDIDATE)
        conn.execute(candidates.values(facts=told))
    page = reading.comparisons(world.store, world.sealer, KEY, limit=1, before=None, flag="")
    facts = {
        name: (fact.value, fact.source) for name, fact in page.rows[0].candidate_served.items()
    }
    assert facts == {"model": ("own", "observed"), "gpus": ("2x L40S", "declared")}
    assert page.rows[0].primary_served == {}
