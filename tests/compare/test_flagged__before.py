"""What was compared before its flags were written apart is found by them after the upgrade."""

from alembic import command
from alembic.config import Config
from rollouts import World
from sqlalchemy import inspect, select

from compare.flagged import flagged
from mirror.journal.store import Store


def downgrade(store, to):
    config = Config()
    config.set_main_option("script_location", "mirror.journal:migrations")
    with store.write() as conn:
        config.attributes["connection"] = conn
        command.downgrade(config, to)


def test_an_upgrade_writes_the_flags_of_what_was_compared_before(store, store_url, home):
    world = World(store, home)
    world.tick()
    world.exchange(bad=True)
    world.exchange()
    downgrade(store, "0033")
    with store.read() as conn:
        assert not inspect(conn).has_table("comparison_flag")
    again = Store.open(store_url)
    with again.read() as conn:
        rows = conn.execute(select(flagged)).all()
    assert [tuple(row) for row in rows] == [(1, "DOSE_CONFLICT", "fail", "clinic", "chat")]
    again.close()
