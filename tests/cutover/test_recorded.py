"""When events were recorded is known by the checkpoints around them, each log's own."""

import pytest
from sqlalchemy import insert

from cutover import recorded
from mirror.journal import events
from mirror.journal.signed.tables import log_checkpoint


@pytest.fixture
def conn(store):
    with store.write() as conn:
        for tenant, count in (("a", 6), ("", 2), ("b", 1)):
            for _ in range(count):
                given = {
                    "actor": {"kind": "human", "name": "x"},
                    "object": {"kind": "x", "id": "y"},
                }
                events.append(conn, tenant=tenant, type="t", at_us=1, **given)
        for tenant, size, at_us in (("a", 2, 200), ("a", 3, 150), ("a", 5, 500), ("", 1, 77)):
            row = {"tenant": tenant, "size": size, "at_us": at_us, "root": "", "note": ""}
            conn.execute(insert(log_checkpoint).values(**row))
        yield conn


def test_each_event_lies_between_the_signatures_around_it(conn):
    names = [*[("a", number) for number in (6, 1, 2, 3, 4, 5)], ("", 1), ("", 2), ("b", 1)]
    assert recorded.spans(conn, names) == {
        ("a", 1): (0, 200), ("a", 2): (0, 200), ("a", 3): (200, 150), ("a", 4): (150, 500), ("a", 5): (150, 500),
        ("a", 6): (500, 0), ("", 1): (0, 77), ("", 2): (77, 0), ("b", 1): (0, 0),
    }  # fmt: skip
    assert recorded.spans(conn, []) == {}
