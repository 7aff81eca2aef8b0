"""The signer's key: an Ed25519 seed in a file of its own, what it signs, and checks with a public key."""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from mirror.journal.home import sync_folder
from mirror.journal.signed.note import Note, Signature, key_id

SEED_BYTES = 32


class SignerError(Exception):
    """The signer cannot go on as it is; the message says why and what to do."""

    mendable = True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that can sign. `name` is the deployment's key name; `public` 32 bytes."""

    name: str
    public: bytes
    _private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def of(cls, name: str, seed: bytes) -> SigningKey:
        """From its 32 bytes."""
        private = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(name, private.public_key().public_bytes_raw(), private)

    @property
    def id(self) -> bytes:
        """Its 4 bytes."""
        return key_id(self.name, self.public)

    def signature(self, text: str) -> Signature:
        """The signature line of a text, which ends with a line break."""
        return Signature(self.name, self.id, self._private.sign(text.encode()))

    def sign(self, text: str) -> str:
        """The note that says the text."""
        return str(Note(text, (self.signature(text),)))


def is_signed(note: Note, name: str, public: bytes) -> bool:
    """Whether a note has a good signature of that key, and no bad one in its name."""
    found = note.by(name, key_id(name, public))
    key = Ed25519PublicKey.from_public_bytes(public)
    try:
        for signature in found:
            key.verify(signature, note.text.encode())
    except InvalidSignature:
        return False
    return bool(found)


def draw(file: Path) -> bytes:
    """Draws a new seed into a file of mode 0600, whole or not at all, and gives it.

    Raises FileExistsError where there is a file already.
    """
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    seed = secrets.token_bytes(SEED_BYTES)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, seed)
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(draft, file)
    finally:
        draft.unlink()
    sync_folder(file.parent)
    return seed


def load(file: Path) -> bytes:
    """The seed in a file.

    Raises:
        SignerError: it cannot be read, others may read it, or it is no seed.
    """
    try:
        mode, seed = stat.S_IMODE(file.stat().st_mode), file.read_bytes()
    except OSError as error:
        raise SignerError(
            f"{file}: {error.strerror or error}; restore it from its backup"
        ) from error
    if mode & 0o077:
        raise SignerError(
            f"{file}: others may read this key ({mode:04o}); run: chmod 600 {file}"
        )
    if len(seed) != SEED_BYTES:
        raise SignerError(
            f"{file}: {len(seed)} bytes where a key has {SEED_BYTES}; restore the file from its backup"
        )
    return seed
