"""The tables of an export as Parquet, for who counts in them: the rows of the CSV files, their texts as the events have them.

A file is written in groups of rows, so that memory is flat however long it is. The same rows give the same
bytes: no clock, no name of a machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from cutover.verifying.table import Row, Table

GROUP = 20_000
"""Rows held before they are written."""


@contextmanager
def sheet(table: Table, out: BinaryIO, group: int = GROUP) -> Iterator[Callable[[Row], None]]:
    """Gives what writes one row; the file is whole once this ends. Raises OSError."""
    schema = schema_of(table)
    waiting: list[Row] = []
    with pq.ParquetWriter(
        out, schema, version="2.6", compression="zstd", store_schema=False
    ) as writer:

        def add(row: Row) -> None:
            waiting.append(row)
            if len(waiting) >= group:
                flush()

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(waiting, schema))
            waiting.clear()

        yield add
        if waiting:
            flush()


def schema_of(table: Table) -> pa.Schema:
    """Whole numbers of 64 bits, which may be missing, and texts."""
    return pa.schema(
        [
            pa.field(name, pa.int64() if name in table.whole else pa.string())
            for name in table.columns
        ]
    )
