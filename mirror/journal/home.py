"""The data folder of a deployment: where the store, the spool, the keys and the route table live."""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

FOLDERS = ("spool", "blobs", "keys", "tokens", "policies", "load")


class HomeError(Exception):
    """The data folder cannot be used; the message says where, why and what to do."""

    mendable = True


@dataclass(frozen=True, slots=True)
class Home:
    """Paths inside one data folder. Made by `Home.open`, which also creates the folders, mode 0700."""

    path: Path
    store_url: str

    @classmethod
    def open(cls, path: Path, store_url: str = "") -> Home:
        """The data folder at `path`, created where it is missing.

        `store_url` names another store than the folder's own SQLite file (`store.db`).

        Raises:
            HomeError: the folder cannot be made or written.
        """
        path = Path(path).absolute()
        try:
            for folder in (path, *(path / name for name in FOLDERS)):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise HomeError(_why(path, error)) from error
        if not os.access(path, os.W_OK | os.X_OK):
            raise HomeError(
                f"{path}: the data folder is not writable; choose another with --data, "
                f"or give this user the right: chmod u+rwx {path}"
            )
        return cls(path, store_url or f"sqlite:///{path / 'store.db'}")

    @property
    def spool(self) -> Path:
        """Folder of the proxies' record segments."""
        return self.path / "spool"

    @property
    def blobs(self) -> Path:
        """Folder of sealed bodies too long for a column."""
        return self.path / "blobs"

    @property
    def keys(self) -> Path:
        """Folder of key files."""
        return self.path / "keys"

    @property
    def tokens(self) -> Path:
        """Folder of people's access tokens."""
        return self.path / "tokens"

    @property
    def interception_ca(self) -> tuple[Path, Path]:
        """Certificate and key of the CA that `crossfade ca` makes."""
        return self.path / "interception-ca.pem", self.keys / "interception-ca.key"

    @property
    def policies(self) -> Path:
        """Folder of the policies that were applied, and the link to the one in force."""
        return self.path / "policies"

    @property
    def load(self) -> Path:
        """Folder in which the processes tell each other what they have in flight."""
        return self.path / "load"

    @property
    def routes_file(self) -> Path:
        """The route table that the controller publishes and the proxies obey."""
        return self.path / "routes.json"

    @property
    def control_file(self) -> Path:
        """Where the running control API says how to reach it."""
        return self.path / "control.json"

    def key(self, name: str) -> bytes:
        """The 32 bytes of `keys/NAME`, drawn at first use.

        Raises:
            HomeError: others may read the file, or it is not 32 bytes long.
        """
        file = self.keys / name
        try:
            if not file.exists():
                draw_key(file)
            return read_key(file)
        except OSError as error:
            raise HomeError(_why(file, error)) from error


def read_key(file: Path) -> bytes:
    """The 32 bytes of a key file.

    Raises:
        HomeError: others may read the file, or it is not 32 bytes long.
        OSError: it cannot be read.
    """
    mode = stat.S_IMODE(file.stat().st_mode)
    content = file.read_bytes()
    if mode & 0o077:
        raise HomeError(f"{file}: others may read this key ({mode:04o}); run: chmod 600 {file}")
    if len(content) != 32:
        raise HomeError(
            f"{file}: {len(content)} bytes where a key has 32; restore the file from its backup"
        )
    return content


def draw_key(file: Path) -> None:
    """Create a key file whole or not at all: a second process starting now must not read half a key."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secrets.token_bytes(32))
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(
            draft, file
        )  # fails where the file exists: the first process's key is everybody's
    except FileExistsError:
        return
    finally:
        draft.unlink()
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Make a folder's new or renamed entries survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _why(path: Path, error: OSError) -> str:
    where = error.filename or path
    if isinstance(error, FileExistsError | NotADirectoryError):
        return f"{where}: a file is in its place; choose another data folder with --data"
    why = "not writable" if isinstance(error, PermissionError) else error.strerror or error
    return f"{where}: {why}; choose another data folder with --data"
