"""The CSV files of a bundle, made again from its events and compared byte for byte. Standard library only."""

from __future__ import annotations

from typing import Any

from cutover.verifying.cells import csv_header, csv_line
from cutover.verifying.contents import Manifest
from cutover.verifying.findings import Fault, Report
from cutover.verifying.rows import tables_of
from cutover.verifying.sayings import text_at
from cutover.verifying.table import showing
from cutover.verifying.tarball import Archive


class _Compared:
    """One CSV file, read alongside the rows that it should hold."""

    def __init__(self, archive: Archive, name: str) -> None:
        self.file = name
        self.rows = 0
        self.broken = False
        self._pieces = archive.chunks(name)
        self._rest, self._at = b"", 0

    def expect(self, text: str, event: int) -> None:
        """Raises Fault where the file goes on otherwise; nothing more is compared then."""
        due = text.encode("utf-8")
        if self.broken:
            return
        if self._take(len(due)) != due:
            self.broken = True
            what = "this row is not what its event says" if event else "its header is not ours"
            raise Fault(what, self.file, self.rows + 2 if event else 1, event)
        self.rows += 1 if event else 0

    def end(self) -> None:
        """Raises Fault where the file has more than its events give."""
        if not self.broken and self._take(1):
            raise Fault("more rows than the events give", self.file, self.rows + 2)

    def _take(self, many: int) -> bytes:
        while len(self._rest) - self._at < many:
            piece = next(self._pieces, b"")
            if not piece:
                break
            self._rest, self._at = self._rest[self._at :] + piece, 0
        taken = self._rest[self._at : self._at + many]
        self._at += many
        return taken


class Derived:
    """All CSV files of a bundle, in the form that its manifest names. What differs is reported with its file, line and event."""

    def __init__(self, archive: Archive, report: Report, form: int) -> None:
        self._report, self._form = report, form
        self._tables = tables_of(form)
        self._showing = showing(self._tables)
        self._files: dict[str, _Compared] = {}
        for name, table in self._tables.items():
            file = f"{name}.csv"
            if file not in archive.members:
                report.gap("tables", "the table is not in the bundle", file)
                continue
            self._files[name] = _Compared(archive, file)
            self._expect(name, csv_header(table.columns), 0)

    def take(self, event: dict[str, Any]) -> None:
        """The next event of the range."""
        for name in self._showing(text_at(event, "type")):
            if name in self._files:
                row = self._tables[name].made(event)
                self._expect(name, csv_line(row, self._form), event["seq"])

    def end(self, manifest: Manifest) -> None:
        """That no file goes on, and the manifest counts its rows as they are."""
        for name, file in self._files.items():
            try:
                file.end()
            except Fault as fault:
                self._report.add("tables", fault)
                continue
            listed = manifest.files.get(f"{name}.csv")
            if not file.broken and listed is not None and listed.rows not in (None, file.rows):
                said = f"{file.rows:,} rows, the manifest says {listed.rows:,}"
                self._report.tampered("tables", said, file.file)
            self._report.saw("rows", file.rows)

    def _expect(self, name: str, text: str, event: int) -> None:
        try:
            self._files[name].expect(text, event)
        except Fault as fault:
            self._report.add("tables", fault)
