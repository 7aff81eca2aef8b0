"""Which exchanges a transaction has taken on PostgreSQL, where each row is a lock of its own."""

import re
from contextlib import contextmanager

from sqlalchemy import Engine, event, select

from mirror.journal import tables

CHANGES = re.compile(
    r"(INSERT INTO|UPDATE|DELETE FROM) (exchange|reply)\b|DELETE FROM work\b|pg_advisory_xact_lock"
)
"""How a transaction changes exchanges, or asks for the log of events, which is one lock."""


@contextmanager
def free_at_the_first_change(store):
    """A list: the ids that another transaction could have had when the first in here began to change something."""
    free, looked = [], []
    of = tables.exchange.c.id
    whole = select(of).order_by(of).with_for_update(skip_locked=True)

    def look(_conn, _cursor, statement, *_):
        if not looked and CHANGES.search(statement):
            looked.append(statement)
            with store.write() as other:
                free.extend(other.scalars(whole))

    event.listen(Engine, "before_cursor_execute", look)
    try:
        yield free
    finally:
        event.remove(Engine, "before_cursor_execute", look)
