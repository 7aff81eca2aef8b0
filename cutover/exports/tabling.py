"""The tables of a bundle as CSV, all in one pass over its events."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from cutover.exports import manifesting
from cutover.exports.archive import Work
from cutover.verifying.rows import csv_header, csv_line, tables_of

Bodies = Callable[[], Iterator[str]]
"""Reads the events of the range, from the first to the last."""


def tables(work: Work, bodies: Bodies, form: int) -> None:
    """Writes every table in a form of `cells.FORMS`, unless all are there with their rows counted. Raises OSError."""
    due = tables_of(form)
    if manifesting.rows_of(work).keys() >= {f"{name}.csv" for name in due}:
        return
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        files = {name: stack.enter_context(work.writing(f"{name}.csv")) for name in due}
        for name, file in files.items():
            file.write(csv_header(due[name].columns).encode())
        for body in bodies():
            event = json.loads(body)
            for name, file in files.items():
                row = due[name].row(event)
                if row is not None:
                    file.write(csv_line(row, form).encode())
                    counts[name] += 1
    manifesting.count(work, {f"{name}.csv": counts[name] for name in due})
