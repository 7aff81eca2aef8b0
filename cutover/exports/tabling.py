"""The tables of a bundle as CSV and as Parquet, all in one pass over its events: a row is made once for both."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from cutover.exports import manifesting
from cutover.exports.archive import Work
from cutover.exports.parquet import sheet
from cutover.verifying.rows import csv_header, csv_line, tables_of
from cutover.verifying.sayings import text_at
from cutover.verifying.table import Row, Table, showing

Bodies = Callable[[], Iterator[str]]
"""Reads the events of the range, from the first to the last."""


def tables(work: Work, bodies: Bodies, form: int) -> None:
    """Writes every table, as CSV in a form of `cells.FORMS`, unless all are there with their rows counted. Raises OSError."""
    due = tables_of(form)
    made = {f"{name}.{ending}": name for name in due for ending in ("csv", "parquet")}
    if manifesting.rows_of(work).keys() >= made.keys():
        return
    counts: Counter[str] = Counter()
    shown = showing(due)
    with ExitStack() as stack:
        files = {name: stack.enter_context(work.writing(f"{name}.csv")) for name in due}
        sheets = {name: stack.enter_context(_sheet(work, name, due[name])) for name in due}
        for name, file in files.items():
            file.write(csv_header(due[name].columns).encode())
        for body in bodies():
            event = json.loads(body)
            for name in shown(text_at(event, "type")):
                row = due[name].row(event)
                if row is not None:
                    files[name].write(csv_line(row, form).encode())
                    sheets[name](row)
                    counts[name] += 1
    manifesting.count(work, {file: counts[name] for file, name in made.items()})


@contextmanager
def _sheet(work: Work, name: str, table: Table) -> Iterator[Callable[[Row], None]]:
    with work.writing(f"{name}.parquet") as file, sheet(table, file) as add:
        yield add
