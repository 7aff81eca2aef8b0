"""The folder in which an export grows, and the archive that it becomes: nothing half-written looks whole.

Every file is written under another name, synced, and renamed; so is the archive. Whoever is killed goes on
with what is there under its own name.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from os import fsync
from pathlib import Path
from typing import BinaryIO

from cutover.exports.planned import ExportRefused
from cutover.verifying.tarball import LARGEST_FILE, TAR_BLOCK, tar_header, tar_place
from mirror.journal.home import sync_folder

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Work:
    """The folder beside an archive in which its files are made. Only its owner may look into it."""

    path: Path

    @classmethod
    def beside(cls, out: Path) -> Work:
        """The folder for an archive. Raises OSError."""
        work = cls(out.with_name(f"{out.name}.work"))
        work.path.mkdir(mode=0o700, exist_ok=True)
        return work

    def has(self, name: str) -> bool:
        """Whether a file is whole."""
        return (self.path / name).exists()

    def read(self, name: str) -> bytes:
        """A whole file's content. Raises OSError."""
        return (self.path / name).read_bytes()

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """A new file, which is there once this ends, and not at all where it fails. Raises OSError."""
        file = self.path / name
        file.parent.mkdir(mode=0o700, exist_ok=True)
        draft = file.with_name(f".{file.name}.part")
        try:
            with draft.open("wb") as out:
                yield out
                out.flush()
                fsync(out.fileno())
            draft.replace(file)
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        sync_folder(file.parent)

    def write(self, name: str, content: bytes | str) -> None:
        """A small file at once. Raises OSError."""
        with self.writing(name) as out:
            out.write(content.encode() if isinstance(content, str) else content)

    def forget(self, *names: str) -> None:
        """Deletes files that are to be made anew. Raises OSError."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    def files(self) -> list[str]:
        """The files of a bundle that are here, in the order in which they stand in it."""
        found = []
        for file in self.path.rglob("*"):
            name = file.relative_to(self.path).as_posix()
            if file.is_file() and (place := tar_place(name)) is not None:
                found.append((place, name))
        return [name for _, name in sorted(found)]

    def listed(self, name: str) -> dict[str, object]:
        """What a manifest says of a file, but for its rows. Raises OSError."""
        hashed, many = hashlib.sha256(), 0
        with (self.path / name).open("rb") as file:
            while piece := file.read(_PIECE):
                hashed.update(piece)
                many += len(piece)
        return {"path": name, "bytes": many, "sha256": hashed.hexdigest()}

    def remove(self) -> None:
        """Deletes the folder, first under its name: who is killed leaves no half of one to go on with."""
        gone = self.path.with_name(f".{self.path.name}.gone")
        shutil.rmtree(gone, ignore_errors=True)
        with suppress(OSError):
            self.path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def pack(
    work: Work, names: Sequence[str], out: Path, progress: Callable[[int, int], None]
) -> None:
    """Makes the archive of these files, in this order, for its owner alone.

    Raises:
        OSError: it cannot be written; what was there under its name is as it was.
        ExportRefused: a file is longer than a plain archive can hold.
    """
    draft = out.with_name(f".{out.name}.part")
    try:
        with open(draft, "wb", opener=private) as archive:
            for number, name in enumerate(names):
                _add(archive, work.path / name, name)
                progress(number + 1, len(names))
            archive.write(bytes(2 * TAR_BLOCK))
            archive.flush()
            fsync(archive.fileno())
        draft.replace(out)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    sync_folder(out.parent)


def private(path: str, flags: int) -> int:
    """Opens a file as `open` does; one that is made so is its owner's alone: a bundle may hold what patients said."""
    return os.open(path, flags, 0o600)


def _add(archive: BinaryIO, path: Path, name: str) -> None:
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise ExportRefused(
            f"{name} would have {size:,} bytes, and {LARGEST_FILE:,} are the most of a plain archive; "
            "ask for a shorter range"
        )
    archive.write(tar_header(name, size))
    with path.open("rb") as file:
        shutil.copyfileobj(file, archive, _PIECE)
    archive.write(bytes(-size % TAR_BLOCK))
