"""The Parquet files of a bundle, held against its events: what the single-file verifier cannot read.

A file whose SHA-256 the manifest signs is what the exporter wrote; this shows that it wrote what the events say.
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from cutover.verifying.contents import read_manifest_of
from cutover.verifying.findings import GAP, WARNING, Fault, Report
from cutover.verifying.lines import EVENTS
from cutover.verifying.rows import tables_of
from cutover.verifying.table import Table
from cutover.verifying.tarball import Archive

_BATCH = 1000


class _Part(io.RawIOBase):
    """One file of an archive, as a file of its own."""

    def __init__(self, file: BinaryIO, begins: int, size: int) -> None:
        self._file, self._begins, self._size, self._at = file, begins, size, 0

    def readable(self) -> bool:
        """As files have it."""
        return True

    def seekable(self) -> bool:
        """As files have it."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """As files have it."""
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        """As files have it."""
        return self._at

    def read(self, size: int = -1) -> bytes:
        """As files have it."""
        left = max(0, self._size - self._at)
        self._file.seek(self._begins + self._at)
        found = self._file.read(left if size < 0 else min(size, left))
        self._at += len(found)
        return found


def check_parquet(path: Path, report: Report) -> None:
    """Reports every Parquet file of a bundle whose rows are not those of its events, by the first that differs.

    Nothing is looked at where the bundle has a fault already, or is a proof.
    """
    if report.code or "first_seq" not in report.facts:
        return
    with path.open("rb") as file:
        archive = Archive(file)
        for name, table in tables_of(read_manifest_of(archive).body["v"]).items():
            sheet = f"{name}.parquet"
            if sheet not in archive.members:
                continue
            try:
                many = _compared(archive, file, name, table)
            except Fault as fault:
                report.add("parquet", fault)
            else:
                report.saw("rows of Parquet", many)


def _compared(archive: Archive, file: BinaryIO, name: str, table: Table) -> int:
    """How many rows a file has, all as they are due. Raises Fault."""
    sheet, many = f"{name}.parquet", 0
    due = _due(archive, table)
    found = _found(_Part(file, *archive.members[sheet]), sheet)
    for many, (one, other) in enumerate(itertools.zip_longest(due, found), 1):
        if one != other:
            seq = int((one or other or {}).get("seq") or 0)
            raise Fault("this row is not what its event says", sheet, many, seq)
    return many


def _due(archive: Archive, table: Table) -> Iterator[dict[str, Any]]:
    for line in archive.lines(EVENTS):
        row = table.row(json.loads(line))
        if row is not None:
            yield dict(row)


def _found(part: _Part, sheet: str) -> Iterator[dict[str, Any]]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - who has it not verifies the rest
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise Fault(
            "not compared with the events: pyarrow is not there", sheet, kind=WARNING
        ) from None
    try:
        for batch in parquet.ParquetFile(part).iter_batches(batch_size=_BATCH):
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Fault(f"not a Parquet file: {error}", sheet, kind=GAP) from None
