"""Keys as files: `keys/tenants/TENANT/ID.key`, 32 bytes each, readable by their owner alone."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mirror.journal.home import HomeError, draw_key, read_key, sync_folder
from mirror.journal.keys.port import TENANT, KeyLost

FOLDER = "tenants"
_NAME = re.compile(r"(\d{4})-[0-9a-f]{8}")
_PEPPER = "pepper"
PEPPER_FILE = f"{_PEPPER}.key"
DRAWN_FILE = f"{_PEPPER}.drawn"
"""Says, beside a pepper, that there is one: where the pepper is gone and this is not, none is drawn in its place."""
_NONCE = 12


@dataclass(frozen=True, slots=True)
class FileKeys:
    """A `KeyStore` in a folder. Back it up apart from the store: who has both can read the payloads."""

    folder: Path

    def draw(self, tenant: str, after: str = "") -> str:
        """A new file, numbered after the tenant's last and after one that may be gone."""
        known = [*self.ids(tenant), *filter(_NAME.fullmatch, [after])]
        last = max([int(one[:4]) for one in known], default=0)
        name = f"{last + 1:04}-{secrets.token_hex(4)}"
        self._make(self._file(tenant, name))
        return name

    def ids(self, tenant: str) -> Sequence[str]:
        """By the names of the files."""
        folder = self._file(tenant, _PEPPER).parent
        try:
            return sorted([p.stem for p in folder.glob("*.key") if _NAME.fullmatch(p.stem)])
        except OSError as error:
            raise KeyLost(
                f"{folder}: {error.strerror}; give this user the right to read it"
            ) from error

    def wrap(self, tenant: str, key: str, plain: bytes, context: bytes) -> bytes:
        """AES-256-GCM: nonce (12), ciphertext and tag."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self._key(tenant, key)).encrypt(nonce, plain, context)

    def unwrap(self, tenant: str, key: str, wrapped: bytes, context: bytes) -> bytes:
        """Reads the file each time; who asks keeps what it was given."""
        aead = AESGCM(self._key(tenant, key))
        try:
            return aead.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], context)
        except (InvalidTag, ValueError):
            raise KeyLost(
                f"{self._file(tenant, key)} is not the key that a data key of {tenant} was wrapped with; "
                "put the file back from its backup"
            ) from None

    def destroy(self, tenant: str, key: str) -> None:
        """Overwrites the file, then removes it. A copying file system may keep the old bytes: see docs/payloads.md."""
        file = self._file(tenant, key)
        try:
            with file.open("r+b") as out:
                out.write(bytes(32))
                out.flush()
                os.fsync(out.fileno())
            file.unlink()
            sync_folder(file.parent)
        except FileNotFoundError:
            return
        except OSError as error:
            raise KeyLost(f"{file}: not destroyed: {error.strerror}") from error

    def pepper(self, tenant: str) -> bytes:
        """`pepper.key`, beside the keys. One that vanished is not drawn anew: patients would have other pseudonyms."""
        file = self._file(tenant, _PEPPER)
        drawn = file.with_name(DRAWN_FILE)
        try:
            there, known = file.exists(), drawn.exists()
        except OSError:
            there = known = True  # reading it says why
        if known and not there:
            raise KeyLost(
                f"{file}: this pepper is gone; put its file back from its backup. Requests have no pseudonyms meanwhile. "
                f"Where there is no backup, `crossfade keys pepper --tenant {tenant} --accept --reason TEXT` draws another"
            )
        if not there:
            self._make(file)
        if not known:
            self._note(drawn)
        return self._key(tenant, _PEPPER)

    def forget_pepper(self, tenant: str) -> None:
        """A pepper that is gone may be drawn anew from now on. Raises KeyLost."""
        drawn = self._file(tenant, _PEPPER).with_name(DRAWN_FILE)
        try:
            drawn.unlink(missing_ok=True)
        except OSError as error:
            raise KeyLost(f"{drawn}: not removed: {error.strerror}") from error

    @staticmethod
    def _note(drawn: Path) -> None:
        """Best effort: a folder of keys may be one that nobody writes to."""
        with contextlib.suppress(OSError):
            drawn.touch(mode=0o600)
            sync_folder(drawn.parent)

    def _key(self, tenant: str, name: str) -> bytes:
        file = self._file(tenant, name)
        try:
            return read_key(file)
        except FileNotFoundError:
            raise KeyLost(
                f"{file}: this key is gone; put the file back from its backup. New payloads are sealed "
                "with the deployment's own key meanwhile"
            ) from None
        except HomeError as error:
            raise KeyLost(str(error)) from error
        except OSError as error:
            raise KeyLost(
                f"{file}: this key cannot be read: {error.strerror}; it must be a file that the user "
                "of crossfade owns"
            ) from error

    def _make(self, file: Path) -> None:
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draw_key(file)
            sync_folder(file.parent.parent)
        except OSError as error:
            raise KeyLost(f"{file}: no key can be made: {error.strerror}") from error

    def _file(self, tenant: str, name: str) -> Path:
        if not TENANT.fullmatch(tenant):
            raise KeyLost(f"{tenant!r} is no name of a tenant that has keys")
        return self.folder / tenant / f"{name}.key"
