"""The signed checkpoints of a bundle, those that a reader kept, and that all are heads of the same log.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cutover.verifying.contents import Manifest
from cutover.verifying.findings import GAP, Fault, Report
from cutover.verifying.keyring import Keyring
from cutover.verifying.strict_json import NotJson, read_json
from cutover.verifying.tarball import Archive
from mirror.journal.signed.merkle import verify_consistency
from mirror.journal.signed.note import Checkpoint, Note, NoteInvalid, parse

END_NOTE = "checkpoints/end.note"
_PROOF_MOST = 256 * 1024 * 1024


class Head(NamedTuple):
    """One signed checkpoint. `file` is where it stands; `kept` says that the reader brought it."""

    file: str
    size: int
    root: bytes
    note: Note
    kept: bool = False


class Heads:
    """All checkpoints of a bundle, and those that the reader kept from before."""

    def __init__(self, manifest: Manifest, keys: Keyring, report: Report) -> None:
        self.all: list[Head] = []
        self._manifest, self._keys, self._report = manifest, keys, report
        self._due: dict[int, list[Head]] = {}
        self.end: Head | None = None

    def read(self, archive: Archive) -> None:
        """Reads those of the bundle. What is wrong is reported."""
        for name in sorted(one for one in archive.members if one.startswith("checkpoints/")):
            try:
                self._add(self._opened(archive.content(name, 64 * 1024), name))
            except Fault as fault:
                self._report.add("checkpoints", fault)
        self._report.saw("checkpoints", len(self.all))

    def keep(self, text: bytes, name: str) -> None:
        """Reads one that the reader kept. What is wrong is reported."""
        try:
            self._add(self._opened(text, name)._replace(kept=True))
        except Fault as fault:
            self._report.add("checkpoints", fault)

    def passed(self, size: int, root: bytes, at_us: int) -> None:
        """That the checkpoints of this size have the root that the log has there. `at_us` is of its last event."""
        for head in self._due.pop(size, []):
            if head.root != root:
                other = "one that you kept" if head.kept else "a signed one"
                self._report.tampered(
                    "checkpoints", f"the log's root at size {size:,} is not that of {other}", head.file,
                    event=size,
                )  # fmt: skip
            self._in_time(head, at_us)

    @property
    def kept_end(self) -> bool:
        """Whether the reader brought a checkpoint of exactly the log that the bundle ends with."""
        end = self._manifest.end_size, self._manifest.end_root
        return any(head.kept and (head.size, head.root) == end for head in self.all)

    def waits_for(self, size: int) -> bool:
        """Whether there is a checkpoint of this size."""
        return size in self._due

    def connect(self, archive: Archive) -> None:
        """That each checkpoint that was not passed is one of the same log, by its proof."""
        try:
            paths = _paths(archive)
        except Fault as fault:
            self._report.add("consistency", fault)
            paths = {}
        for head in [head for heads in self._due.values() for head in heads]:
            try:
                self._connected(head, paths.get(head.size))
            except Fault as fault:
                self._report.add("consistency", fault)
        self._report.saw("consistency proofs", len(paths))

    def _connected(self, head: Head, path: list[bytes] | None) -> None:
        end, root = self._manifest.end_size, self._manifest.end_root
        if head.size > end:
            what = f"of size {head.size:,}, and the bundle ends at {end:,}: the bundle is older than this checkpoint, or the log was cut"
            raise Fault(what, head.file, kind=GAP if head.kept else "tampered")
        if path is None and head.size != end:
            raise Fault(
                f"the bundle does not prove that the log of {head.size:,} events is its beginning; "
                "ask for an export with this note as --old-checkpoint",
                head.file,
                kind=GAP,
            )
        if not verify_consistency(head.size, end, head.root, root, path or []):
            raise Fault(
                f"the log of {head.size:,} events that this checkpoint signs is not the beginning of this one: "
                "it was written anew",
                head.file,
                event=head.size,
            )

    def _opened(self, text: bytes, name: str) -> Head:
        note = self._keys.open(text, name, self._manifest.name)
        try:
            told = Checkpoint.read(note.text)
        except NoteInvalid as error:
            raise Fault(f"not a checkpoint: {error}", name) from None
        if told.origin != self._manifest.origin or told.text() != note.text:
            raise Fault("a checkpoint of another log", name)
        return Head(name, told.size, told.root, note)

    def _add(self, head: Head) -> None:
        if head.file == END_NOTE:
            self.end = head
            if (head.size, head.root) != (self._manifest.end_size, self._manifest.end_root):
                raise Fault("not the checkpoint that the manifest says", head.file)
            self._in_time(head, self._manifest.body["as_of_us"])
        elif not head.kept and head.file != f"checkpoints/{head.size:012}.note":
            raise Fault(f"a checkpoint of size {head.size:,} under this name", head.file)
        self.all.append(head)
        self._due.setdefault(head.size, []).append(head)

    def _in_time(self, head: Head, at_us: int) -> None:
        try:
            self._keys.in_time(head.note, self._manifest.name, at_us, head.file)
        except Fault as fault:
            self._report.add("keys", fault)


def origin_of_note(text: bytes) -> str:
    """Of which log a checkpoint is. Raises NoteInvalid for a text that is no checkpoint."""
    return Checkpoint.read(parse(text).text).origin


def _paths(archive: Archive) -> dict[int, list[bytes]]:
    """The consistency proofs, by the size they begin with."""
    file = "proofs/consistency.json"
    try:
        said = read_json(archive.content(file, _PROOF_MOST))
        if not isinstance(said, list):
            raise TypeError
        return {int(one["from"]): hashes_of(one["path"]) for one in said}
    except (NotJson, KeyError, TypeError, ValueError):
        raise Fault("not a list of consistency proofs", file) from None


def hashes_of(said: Sequence[Any]) -> list[bytes]:
    """Hashes from hex. Raises ValueError or TypeError."""
    found = [bytes.fromhex(one) for one in said]
    if any(len(one) != 32 or one.hex() != said[at] for at, one in enumerate(found)):
        raise ValueError("not a hash")
    return found
