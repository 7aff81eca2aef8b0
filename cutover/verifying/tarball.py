"""The archive of a bundle: a plain tar of known files, read where it lies and never unpacked.

Only one form is accepted, that of `tar_header`: regular files with fixed rights and no times. A link, a device,
a path that leads elsewhere and every other header of the field's many dialects differ from it, so that
nothing of them must be understood to be refused. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from cutover.verifying.findings import GAP, Fault

TAR_BLOCK = 512
_TAR_NOTHING = bytes(TAR_BLOCK)
LARGEST_FILE = 8**11 - 1  # what the size of a plain header can say
LONGEST_LINE = 4 * 1024 * 1024
_MOST_FILES = 400_000  # checkpoints and digests of each hour of twenty years
_TAR_CHUNK = 256 * 1024
_FIRST = ("README.txt", "verify.py", "manifest.json", "manifest.sig", "keys.json")
_NOTES = re.compile(r"checkpoints/(end|[0-9]{12})\.note")
_DIGESTS = re.compile(r"digests/[0-9]{8}T[0-9]{2}Z\.(json|sig)")
TABLE_NAMES = ("comparisons", "transitions", "approvals", "egress", "access", "served")
_LAST = (
    "events.jsonl",
    "context.jsonl",
    "edges.jsonl",
    "proofs/start.json",
    "proofs/end.json",
    "proofs/inclusion.json",
    "proofs/edges.json",
    "proofs/consistency.json",
    *[f"{name}.{kind}" for name in TABLE_NAMES for kind in ("csv", "parquet")],
    "auditevent.ndjson",
    "summary.html",
    "summary.pdf",
    "custody.json",
    "s90A-certificate.txt",
    "payloads.jsonl",
)
_TAR_KINDS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"5": "a folder",
    b"6": "a pipe",
    b"x": "an extended header",
    b"g": "an extended header",
    b"L": "a GNU long name",
    b"K": "a GNU long name",
    b"S": "a sparse file",
}


def tar_header(name: str, size: int) -> bytes:
    """The 512 bytes before a file's content (POSIX.1-1988 ustar). Raises ValueError for what does not fit."""
    path = name.encode("ascii")
    if len(path) > 99 or not 0 <= size <= LARGEST_FILE:
        raise ValueError(f"{name}: {size:,} bytes do not fit into a plain tar file")
    fields = b"%-100b0000644\x000000000\x000000000\x00%011o\x0000000000000\x00" % (path, size)
    head = fields.replace(b" ", b"\x00") + b" " * 8 + b"0" + bytes(100) + b"ustar\x0000"
    head += bytes(TAR_BLOCK - len(head))
    return head[:148] + b"%06o\x00 " % sum(head) + head[156:]


def tar_place(name: str) -> tuple[int, str] | None:
    """Where a file stands in a bundle, as something to sort by; None for one that has no place in it."""
    if name in _FIRST:
        return _FIRST.index(name), ""
    if _NOTES.fullmatch(name):
        return len(_FIRST), "" if name == "checkpoints/end.note" else name
    if _DIGESTS.fullmatch(name):
        return len(_FIRST) + 1, name
    if name in _LAST:
        return len(_FIRST) + 2 + _LAST.index(name), ""
    return None


class Archive:
    """The files of a bundle, by name: where each begins and how long it is. What is wrong is in `faults`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.members: dict[str, tuple[int, int]] = {}
        self.faults: list[Fault] = []
        self.order: list[str] = []
        self._length = file.seek(0, 2)
        try:
            self._index()
        except Fault as fault:
            self.faults.append(fault)
        self._in_order()

    def size(self, name: str) -> int:
        """How many bytes a file has. Raises Fault where it is not there."""
        return self._member(name)[1]

    def chunks(self, name: str) -> Iterator[bytes]:
        """A file's content, piece by piece. Raises Fault where it is not there."""
        at, left = self._member(name)
        while left:
            self._file.seek(at)
            piece = self._file.read(min(left, _TAR_CHUNK))
            if not piece:
                raise Fault("the archive ends inside this file", name, kind=GAP)
            at, left = at + len(piece), left - len(piece)
            yield piece

    def content(self, name: str, most: int) -> bytes:
        """A whole file of at most so many bytes. Raises Fault."""
        if self.size(name) > most:
            raise Fault(f"{self.size(name):,} bytes, where at most {most:,} are read", name)
        return b"".join(self.chunks(name))

    def lines(self, name: str) -> Iterator[bytes]:
        """A file's lines without their ends. Raises Fault for one that is too long or has no end."""
        rest, number = b"", 0
        for piece in self.chunks(name):
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                number += 1
                yield line
            if len(rest) > LONGEST_LINE:
                raise Fault(f"longer than {LONGEST_LINE:,} bytes", name, number + 1)
        if rest:
            raise Fault("the last line has no end", name, number + 1)

    def _member(self, name: str) -> tuple[int, int]:
        if name not in self.members:
            raise Fault("it is not in the bundle", name, kind=GAP)
        return self.members[name]

    def _index(self) -> None:
        at = 0
        while True:
            block = self._block(at)
            if block == _TAR_NOTHING:
                break
            name, size, fault = _tar_entry(block, first=not self.order)
            if fault is not None:
                self.faults.append(fault)
            at = self._take(name, size, at + TAR_BLOCK)
        if self._block(at + TAR_BLOCK) != _TAR_NOTHING or at + 2 * TAR_BLOCK != self._length:
            raise Fault(f"bytes stand behind the archive's end (byte {at:,})")

    def _take(self, name: str, size: int, at: int) -> int:
        """Note a file whose content begins at a byte; where the next header begins."""
        end = at + size
        behind = end + -size % TAR_BLOCK
        if behind > self._length:
            raise Fault("the archive ends inside this file: it was cut short", name, kind=GAP)
        self._file.seek(end)
        if any(self._file.read(behind - end)):
            self.faults.append(Fault("bytes stand behind its end", name))
        if name in self.members:
            raise Fault("the archive holds it twice", name)
        if tar_place(name) is None:
            self.faults.append(Fault("a file that does not belong into a bundle", name))
        self.members[name] = (at, size)
        self.order.append(name)
        if len(self.order) > _MOST_FILES:
            raise Fault(f"more than {_MOST_FILES:,} files", name)
        return behind

    def _block(self, at: int) -> bytes:
        self._file.seek(at)
        block = self._file.read(TAR_BLOCK)
        if len(block) < TAR_BLOCK:
            last = self.order[-1] if self.order else ""
            raise Fault("the archive has no end here: it was cut short", last, kind=GAP)
        return block

    def _in_order(self) -> None:
        places = [
            (place, name) for name in self.order if (place := tar_place(name)) is not None
        ]
        for number, (place, name) in enumerate(places[1:]):
            if place < places[number][0]:
                before = places[number][1]
                self.faults.append(
                    Fault(f"it stands behind {before}, which belongs behind it", name)
                )


def _tar_entry(block: bytes, first: bool) -> tuple[str, int, Fault | None]:
    """The name and size that a header says, and what is wrong with it. Raises Fault where it cannot be read."""
    name = block[:100].split(b"\0")[0].decode("ascii", "replace")
    shown = "".join([char if char.isprintable() else "?" for char in name])
    kind = _TAR_KINDS.get(block[156:157])
    if first and shown != _FIRST[0]:
        raise Fault(f"no bundle begins so: {_FIRST[0]} is due at its beginning")
    if kind is not None:
        raise Fault(f"{kind}, where a bundle holds plain files alone", shown)
    if name.startswith("/") or ".." in name.split("/"):
        raise Fault("its path leads out of the bundle", shown)
    try:
        size = int(block[124:135], 8)
        same = size >= 0 and tar_header(name, size) == block
    except ValueError:
        raise Fault("not the header of a file: bytes were changed or moved", shown) from None
    if size < 0:
        raise Fault("not the header of a file: its size is below nothing", shown)
    return (
        shown,
        size,
        None if same else Fault("its header is not as crossfade writes it", shown),
    )
