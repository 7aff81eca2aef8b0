from sqlalchemy import select

from mirror.journal import tables
from mirror.journal.inserts import insert_all_new, insert_together


def test_of_rows_inserted_together_is_told_how_many_are_new(store):
    rows = [{"segment": name, "offset": 1} for name in "aabc"]
    with store.write() as conn:
        assert insert_together(conn, tables.spool_position, []) == 0
        assert insert_together(conn, tables.spool_position, rows) == 3
        assert insert_together(conn, tables.spool_position, rows) == 0


def test_rows_that_are_there_already_stay_as_they_are(store):
    row = {"segment": "a", "offset": 1}
    with store.write() as conn:
        insert_all_new(conn, tables.spool_position, [row])
        insert_all_new(
            conn, tables.spool_position, [row | {"offset": 2}, {"segment": "b", "offset": 3}]
        )
    with store.read() as conn:
        found = {row.segment: row.offset for row in conn.execute(select(tables.spool_position))}
    assert found == {"a": 1, "b": 3}
