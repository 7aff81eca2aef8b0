"""The signer's own folder: its key, what it signed last of each log, and what others ask of it.

`state.json` is written before the store is told of a checkpoint. A signer that is killed between the two
tells the store at its next start; whatever becomes of the store, it never signs a second root of one size.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mirror.journal.events import FIRST_PREV
from mirror.journal.home import sync_folder
from mirror.journal.signed.merkle import Range
from mirror.journal.signed.signing import SignerError

FOLDER = "signer"
FOLDERS = ("asked", "signed", "orders")
LARGEST_ASKED = (
    64 * 1024 * 1024
)  # bytes of what others put here: a manifest lists each hour of years


@dataclass(frozen=True, slots=True)
class Signed:
    """What was signed last of a log: enough to extend it without believing the store.

    `hashes` are those of its range in hex, `leaf` is its last. `digest` and `digest_note` are of its newest
    digest, `digested` is how many events digests cover, `hour_us` where the next one begins. A log that
    was begun anew is not signed before it is larger than `floor`. `refused` says why it is not signed further.
    """

    size: int = 0
    hashes: tuple[str, ...] = ()
    leaf: str = FIRST_PREV
    note: str = ""
    at_us: int = 0
    hour_us: int = 0
    digested: int = 0
    digest: str = ""
    digest_note: str = ""
    floor: int = 0
    refused: str = ""

    def range(self) -> Range:
        """Its leaves."""
        return Range(self.size, tuple(bytes.fromhex(one) for one in self.hashes))


@dataclass(slots=True)
class State:
    """What the signer remembers: of which deployment it is, and what it signed of each tenant's log."""

    deployment: str = ""
    logs: dict[str, Signed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Folder:
    """Paths in the signer's folder. Made by `open`, with mode 0700."""

    path: Path

    @classmethod
    def open(cls, data: Path) -> Folder:
        """The signer's folder of a data folder, created where it is missing. Raises `SignerError`."""
        path = data / FOLDER
        try:
            for folder in (path, *(path / name for name in FOLDERS)):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SignerError(
                f"{error.filename or path}: {error.strerror}; the signer needs a folder of its own there"
            ) from error
        return cls(path)

    @property
    def key(self) -> Path:
        """The seed that signs."""
        return self.path / "key"

    @property
    def next_key(self) -> Path:
        """The seed that will, while keys are exchanged."""
        return self.path / "key.next"

    @property
    def lock(self) -> Path:
        """Held by the one signer that works here."""
        return self.path / "lock"

    def state(self) -> State:
        """What was signed; empty in a folder where nothing ever was.

        Raises:
            SignerError: it cannot be read, or is not what a signer wrote.
        """
        file = self.path / "state.json"
        try:
            said = json.loads(file.read_bytes())
            logs = {tenant: _signed(one) for tenant, one in said["logs"].items()}
            return State(str(said["deployment"]), logs)
        except FileNotFoundError:
            return State()
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise SignerError(
                f"{file}: not what the signer wrote ({type(error).__name__}); restore it from its backup"
            ) from error

    def save(self, state: State) -> None:
        """Keeps what was signed, on disk when it returns. Raises OSError; then the file is as it was."""
        logs = {tenant: asdict(one) for tenant, one in state.logs.items()}
        write_whole(
            self.path / "state.json",
            json.dumps({"v": 1, "deployment": state.deployment, "logs": logs}).encode(),
        )

    def asked(self) -> Iterator[tuple[str, bytes]]:
        """What others ask to have signed, by its name without the suffix."""
        yield from _contents(self.path / "asked")

    def waiting(self) -> set[str]:
        """The names of what is asked and not answered yet, unread."""
        return {file.name for file in (self.path / "asked").glob("[!.]*.json")}

    def orders(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What people decided, the oldest first; what is no JSON object is an empty one."""
        for name, content in _contents(self.path / "orders"):
            said: object = None
            with contextlib.suppress(ValueError, RecursionError):
                said = json.loads(content) if len(content) <= LARGEST_ASKED else None
            yield name, said if isinstance(said, dict) else {}

    def answer(self, name: str, ending: str, content: str) -> None:
        """Leaves an answer in `signed`, whole or not at all."""
        write_whole(self.path / "signed" / f"{name}.{ending}", content.encode())

    def done(self, folder: str, name: str) -> None:
        """Takes away what was asked."""
        (self.path / folder / f"{name}.json").unlink(missing_ok=True)


def write_whole(file: Path, content: bytes) -> None:
    """Writes a file of mode 0600 whole or not at all, on disk when it returns."""
    draft = file.with_name(f".{file.name}.draft")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb", closefd=False) as out:
            out.write(content)
        os.fsync(handle)
    finally:
        os.close(handle)
    draft.replace(file)
    sync_folder(file.parent)


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Files of a folder that others write to; what is a link or gone is left alone.

    Of one that is too large come `LARGEST_ASKED` bytes and one: no reader takes that for the whole.
    """
    for file in sorted(folder.glob("[!.]*.json")):
        with contextlib.suppress(OSError):
            handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(handle, "rb") as content:
                found = content.read(LARGEST_ASKED + 1)
            yield file.stem, found


def _signed(said: dict[str, Any]) -> Signed:
    found = Signed(**{**said, "hashes": tuple(said["hashes"])})
    found.range()  # raises ValueError where it is none
    return found
