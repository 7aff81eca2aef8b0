"""Flags are written beside their comparison, so that it is found by them."""

from rollouts import World
from sqlalchemy import select

from compare.comparison import Flag, Severity
from compare.flagged import flagged, record
from mirror.journal.store import Store


def test_the_flags_of_a_comparison_are_written_with_it_and_no_words(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.exchange(bad=True)
    world.exchange()
    with store.read() as conn:
        rows = conn.execute(select(flagged)).all()
    assert [tuple(row) for row in rows] == [(1, "DOSE_CONFLICT", "fail", "clinic", "chat")]
    store.close()


def test_a_flag_that_is_found_twice_is_written_once(store):
    twice = [
        Flag("X", Severity.FAIL, "a"),
        Flag("X", Severity.FAIL, "b"),
        Flag("X", Severity.INFO, "c"),
    ]
    with store.write() as conn:
        record(conn, 7, ("clinic", "chat"), twice)
        record(conn, 8, ("clinic", "chat"), [])
        kinds = conn.execute(select(flagged.c.number, flagged.c.severity)).all()
    assert sorted(tuple(kind) for kind in kinds) == [(7, "fail"), (7, "info")]
