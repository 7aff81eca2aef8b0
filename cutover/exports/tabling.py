"""The tables of a bundle as CSV and as Parquet, made of its events one by one: a row is made once for both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from cutover.exports import manifesting
from cutover.exports.archive import Work
from cutover.exports.parquet import sheet
from cutover.exports.passing import Take
from cutover.verifying.rows import csv_header, csv_line, tables_of
from cutover.verifying.sayings import Event, text_at
from cutover.verifying.table import Row, Table, showing


def are_there(work: Work, form: int) -> bool:
    """Whether all tables are there, with their rows counted. Raises OSError."""
    return manifesting.rows_of(work).keys() >= _files(form).keys()


@contextmanager
def tables(work: Work, form: int) -> Iterator[Take]:
    """Gives what takes the events, in their order; all tables are there once this ends. Raises OSError.

    `form` is one of `cells.FORMS`, that of the CSV files.
    """
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        yield _taking(work, form, stack, counts)
    rows = {file: counts[name] for file, name in _files(form).items()}
    manifesting.count(work, rows)


def _files(form: int) -> dict[str, str]:
    """All files, each with the name of its table."""
    return {
        f"{name}.{ending}": name for name in tables_of(form) for ending in ("csv", "parquet")
    }


def _taking(work: Work, form: int, stack: ExitStack, counts: Counter[str]) -> Take:
    due = tables_of(form)
    shown = showing(due)
    files = {name: stack.enter_context(work.writing(f"{name}.csv")) for name in due}
    sheets = {name: stack.enter_context(_sheet(work, name, due[name])) for name in due}
    for name, file in files.items():
        file.write(csv_header(due[name].columns).encode())

    def take(body: str, event: Event) -> None:
        for name in shown(text_at(event, "type")):
            row = due[name].made(event)
            files[name].write(csv_line(row, form).encode())
            sheets[name](row)
            counts[name] += 1

    return take


@contextmanager
def _sheet(work: Work, name: str, table: Table) -> Iterator[Callable[[Row], None]]:
    with work.writing(f"{name}.parquet") as file, sheet(table, file) as add:
        yield add
