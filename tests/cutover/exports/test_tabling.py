"""The tables as CSV."""

import csv
import io
import json

from bundles import bundle, busy, unpacked

from cutover.verifying.rows import TABLES


def test_every_table_has_its_header_and_a_row_for_each_event_that_it_shows():
    log = busy()
    files = unpacked(bundle(log))
    rows = {one["path"]: one.get("rows") for one in json.loads(files["manifest.json"])["files"]}
    for name, table in TABLES.items():
        head, *told = csv.reader(io.StringIO(files[f"{name}.csv"].decode(), newline=""))
        due = [body for body in log.events if table.row(json.loads(body)) is not None]
        assert tuple(head) == table.columns
        assert len(told) == len(due) == rows[f"{name}.csv"]
