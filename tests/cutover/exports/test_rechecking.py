"""Parquet files of a bundle against its events."""

import io

import pyarrow as pa
import pytest
from bundles import bundle, busy, checked, packed, unpacked
from pyarrow import parquet

from cutover.exports.rechecking import check_parquet
from cutover.verifying.rows import TABLES


@pytest.fixture(scope="module")
def log():
    return busy()


def sheet(log, name="egress", change=lambda rows: rows):
    import json

    rows = [
        row for body in log.events if (row := TABLES[name].row(json.loads(body))) is not None
    ]
    table = pa.Table.from_pylist(change([dict(row) for row in rows]))
    out = io.BytesIO()
    parquet.write_table(table, out, row_group_size=2)
    return out.getvalue()


def found(log, tmp_path, content):
    files = {
        name: text for name, text in unpacked(bundle(log)).items() if name != "egress.parquet"
    }
    order = list(files)
    at = order.index("egress.csv") + 1
    files = (
        {name: files[name] for name in order[:at]}
        | {"egress.parquet": content}
        | {name: files[name] for name in order[at:]}
    )
    path = tmp_path / "b.tar"
    path.write_bytes(packed(files))
    report = checked(bundle(log))
    before = report.checked.get("rows of Parquet", 0)
    check_parquet(path, report)
    return report, report.checked.get("rows of Parquet", 0) - before


def test_rows_that_are_those_of_the_events_are_counted(log, tmp_path):
    report, rows = found(log, tmp_path, sheet(log))
    assert report.code == 0
    assert rows >= 12


@pytest.mark.parametrize("form", [1, 2])
def test_the_parquet_of_a_bundle_of_before_is_held_against_the_tables_of_then(
    log, tmp_path, form
):
    content = bundle(log, v=form)
    path = tmp_path / "b.tar"
    path.write_bytes(content)
    report = checked(content)
    check_parquet(path, report)
    assert report.code == 0
    columns = parquet.read_schema(io.BytesIO(unpacked(content)["access.parquet"])).names
    assert ("approved_by" in columns) == (form == 2)


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: [*rows[:3], rows[3] | {"upstream": "nobody"}, *rows[4:]],
        lambda rows: rows[:-1],
        lambda rows: [*rows, rows[-1]],
    ],
)
def test_a_row_that_is_another_is_named(log, tmp_path, change):
    report, _ = found(log, tmp_path, sheet(log, change=change))
    assert report.code == 1
    (one,) = [one for one in report.findings if one.check == "parquet"]
    assert one.file == "egress.parquet"
    assert one.line


def test_what_is_no_parquet_file_is_said_to_be_none(log, tmp_path):
    report, _ = found(log, tmp_path, b"PAR1 is all")
    assert [one.what.split(":")[0] for one in report.findings if one.check == "parquet"] == [
        "not a Parquet file"
    ]
