import io
import tracemalloc

import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from cutover.exports.parquet import schema_of, sheet
from cutover.verifying.rows import TABLES
from cutover.verifying.table import Table, counted, said

TABLE = Table(("a.",), (said("route"), counted("epoch")))


def event(seq, **details):
    return {
        "seq": seq,
        "at_us": 1_795_000_000_000_000 + seq,
        "type": "a.b",
        "tenant": "clinic",
        "details": details,
    }


def written(rows, group=20_000):
    out = io.BytesIO()
    with sheet(TABLE, out, group) as add:
        for row in rows:
            add(row)
    return out.getvalue()


def rows_of(many):
    return [TABLE.row(event(seq, route="chat", epoch=seq % 3)) for seq in range(1, many + 1)]


def test_a_file_holds_the_rows_as_the_events_have_them():
    rows = [TABLE.row(event(1, route='=1+1,"a"\n', epoch=2)), TABLE.row(event(2))]
    assert pq.read_table(io.BytesIO(written(rows))).to_pylist() == rows


def test_the_same_rows_give_the_same_bytes():
    assert written(rows_of(5)) == written(rows_of(5))
    assert written(rows_of(5)) != written(rows_of(6))


def test_rows_are_written_in_groups():
    found = pq.ParquetFile(io.BytesIO(written(rows_of(25), group=10)))
    assert [found.metadata.row_group(n).num_rows for n in range(3)] == [10, 10, 5]


def test_no_row_is_a_whole_file_too():
    assert pq.read_table(io.BytesIO(written([]))).num_rows == 0


def test_rows_are_not_kept_once_they_are_written():
    row = rows_of(1)[0]

    def peak(many):
        tracemalloc.start()
        with sheet(TABLE, io.BytesIO(), 100) as add:
            for _ in range(many):
                add(dict(row))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(200)
    assert peak(4000) < peak(1000) + 500_000


@settings(max_examples=20, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["route", "equivalence", "flags"]), st.text(), max_size=3)
)
def test_every_table_takes_whatever_an_event_says(details):
    for table in TABLES.values():
        types = [one for one in ("egress.done", "request.served") if table.shows(one)]
        with sheet(table, io.BytesIO()) as add:
            for type in types:
                row = table.row(event(1, **details) | {"type": type})
                assert row is not None
                add(row)


def test_numbers_are_numbers_and_all_else_is_text():
    schema = schema_of(TABLES["egress"])
    assert str(schema.field("sent_bytes").type) == "int64"
    assert str(schema.field("at_utc").type) == "string"
