"""Texts at rest: AES-256-GCM, bound to the place they belong to.

A sealed text is `version (1) || nonce (12) || ciphertext and tag` under the deployment's key file, which
is what the spool and all of an older store have, or `version (4) || key id (8) || nonce (12) || ciphertext
and tag` under a data key of its tenant and month (`mirror.journal.keys`). Version, key id and context
(such as "<exchange id>/request") are authenticated, so that a payload cannot be moved to another exchange
(NIST SP 800-38D; the random 96-bit nonce keeps its bound of 2^32 messages a key).
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from mirror.exchange import Large
from mirror.journal import nonces, pieces
from mirror.journal.home import Home, sync_folder
from mirror.journal.keys.files import FOLDER, FileKeys
from mirror.journal.keys.port import KeyStore
from mirror.journal.keys.ring import DataKey, KeyDestroyed, KeyUnknown, Ring
from mirror.journal.pieces import PiecesBroken

KEY_FILE = "payload.key"
IN_COLUMN = 64 * 1024  # bytes; longer bodies would slow every scan of their table
_SEALED = b"\x01"
_POINTER = b"\x02"
_LARGE = b"\x03"  # then digest (32), commitment (32) and length (8)
_OWNED = b"\x04"  # then the id of the data key (8)
ERASED = b""
"""What stands in a column whose payload was erased, or is kept no longer."""
SALT = 16
_PLACE, _RANDOM = 16, 16  # bytes of a file's name: of whom it is, and which one of theirs


class SealBroken(Exception):
    """A sealed text was changed, belongs elsewhere, or was sealed with another key."""


class Erased(SealBroken):
    """A payload that was erased, or is kept no longer: its commitment is what is left of it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A payload as the store keeps it.

    `column` is the sealed text, or a pointer to its file. `commitment` is the hex SHA-256 of a random
    salt and the payload; the salt is sealed with the payload, so that erasing it leaves a commitment
    that still proves a revealed copy and gives nothing away without one.
    """

    column: bytes
    commitment: str


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens under the deployment's payload key and, given one of the `ring`, a tenant's own."""

    blobs: Path
    key_id: bytes  # 8 bytes that tell keys apart without telling the key
    _aead: AESGCM = field(repr=False)
    _key: bytes = field(repr=False)
    ring: Ring = field(repr=False)

    @classmethod
    def open(cls, home: Home, keys: KeyStore | None = None) -> Sealer:
        """The sealer of a data folder; its tenants' keys are in files, unless others are given.

        Raises `HomeError` where the deployment's key cannot be used.
        """
        key = home.key(KEY_FILE)
        key_id = hashlib.sha256(b"crossfade key id\0" + key).digest()[:8]
        ring = Ring(keys or FileKeys(home.keys / FOLDER))
        return cls(home.blobs, key_id, AESGCM(key), key, ring)

    def seal(self, plain: bytes, context: str, key: DataKey | None = None) -> bytes:
        """`plain`, readable only with the key (a tenant's, else the deployment's) and the same context."""
        nonce = nonces.fresh()
        if key is None:
            return (
                _SEALED + nonce + self._aead.encrypt(nonce, plain, _SEALED + context.encode())
            )
        head = _OWNED + key.id
        return head + nonce + key.aead.encrypt(nonce, plain, head + context.encode())

    def unseal(self, sealed: bytes, context: str, conn: Connection | None = None) -> bytes:
        """What `seal` was given; `conn` is where a tenant's key is looked for.

        Raises:
            SealBroken: it cannot be opened, ever; `Erased` where that is on purpose.
            KeyLost: the tenant's key is not there now.
        """
        if sealed == ERASED:
            raise Erased(f"{context}: it was erased, or is kept no longer")
        owned = sealed[:1] == _OWNED and conn is not None
        head = 9 if owned else 1
        if (not owned and sealed[:1] != _SEALED) or len(sealed) < head + 28:
            raise SealBroken(f"{context}: not a sealed text of a known version")
        aead = self._found(sealed[1:9], context, conn) if owned else self._aead
        nonce, rest = sealed[head : head + 12], sealed[head + 12 :]
        try:
            return aead.decrypt(nonce, rest, sealed[:head] + context.encode())
        except InvalidTag:
            raise SealBroken(
                f"{context}: the seal does not fit; the text was changed or sealed with another key"
            ) from None

    def _found(self, id: bytes, context: str, conn: Connection | None) -> AESGCM:
        assert conn is not None, "a tenant's key is looked for in the store"
        try:
            return self.ring.opening(conn, id).aead
        except KeyDestroyed as gone:
            raise Erased(f"{context}: it was erased: {gone}") from None
        except KeyUnknown as gone:
            raise SealBroken(f"{context}: {gone}") from None

    def fingerprint(self, plain: bytes, context: str) -> str:
        """16 hex digits, the same for the same bytes, that tell nothing of them without the key (HMAC, RFC 2104)."""
        told = f"crossfade fingerprint/{context}\0".encode() + plain
        return hmac.new(self._key, told, "sha256").hexdigest()[:16]

    def keep(self, plain: bytes, context: str, key: DataKey | None = None) -> Kept:
        """Seal a payload for a column; a long one goes to a file, durable before this returns."""
        salted = os.urandom(SALT) + plain
        sealed = self.seal(salted, context, key)
        commitment = hashlib.sha256(salted).hexdigest()
        if len(plain) <= IN_COLUMN:
            return Kept(sealed, commitment)
        name = _place(context) + secrets.token_bytes(_RANDOM)
        _write_blob(self._blob(name), sealed)
        return Kept(_POINTER + name, commitment)

    def write(self, file: Path, body: Iterable[bytes], context: str) -> tuple[Large, int]:
        """Seal a long body into a new file; the open handle, for who syncs and closes it.

        Raises:
            OSError: it cannot be written; no file is left.
        """
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with open(handle, "wb", closefd=False) as out:
                return pieces.write(out, self._key, context, body), handle
        except BaseException:
            os.close(handle)
            file.unlink()
            raise

    def adopt(self, file: Path, large: Large) -> None:
        """Take a file that `write` made into the store, durable before this returns. May be repeated."""
        to = self._blob(bytes.fromhex(large.digest))
        with contextlib.suppress(FileNotFoundError):  # it was taken before
            _sync(file)
            to.parent.mkdir(mode=0o700, exist_ok=True)
            file.rename(to)
            sync_folder(to.parent)
            sync_folder(to.parent.parent)

    def discard(self, large: Large) -> None:
        """Delete a file that `adopt` took and no row points to. May be repeated. Raises `OSError`."""
        self._blob(bytes.fromhex(large.digest)).unlink(missing_ok=True)

    def file_of(self, column: bytes) -> Path | None:
        """The file that a column points to; None where the payload stands in the column, or was erased."""
        return self._blob(column[1:33]) if column[:1] in {_POINTER, _LARGE} else None

    def files_of(self, contexts: Iterable[str]) -> set[Path]:
        """All files that `keep` ever wrote for these contexts, also those of who was killed or failed before a row pointed to them."""
        places = {_place(one).hex() for one in contexts}
        found: set[Path] = set()
        for shard in {one[:2] for one in places}:
            with (
                contextlib.suppress(FileNotFoundError),
                os.scandir(self.blobs / shard) as files,
            ):
                found |= {Path(one.path) for one in files if one.name[: 2 * _PLACE] in places}
        return found

    def pointer(self, large: Large) -> Kept:
        """What stands in a column for a long body."""
        told = bytes.fromhex(large.digest + large.commitment) + large.length.to_bytes(8)
        return Kept(_LARGE + told, large.commitment)

    def large(self, column: bytes) -> Large | None:
        """The long body that a column points to, if it is one that `write` sealed."""
        if column[:1] != _LARGE:
            return None
        length = int.from_bytes(column[65:])
        return Large(column[1:33].hex(), length, column[33:65].hex())

    def slices(self, large: Large, context: str, *, salted: bool = False) -> Iterator[bytes]:
        """A long body, piece by piece; `salted` with its salt first. Raises `SealBroken`, also for a lost file."""
        file = self._blob(bytes.fromhex(large.digest))
        try:
            yield from pieces.read(file, self._key, context, salted=salted)
        except PiecesBroken as error:
            raise SealBroken(f"{context}: {error}") from None
        except FileNotFoundError:
            raise SealBroken(f"{context}: its file {file} is gone") from None

    def reveal(self, column: bytes, context: str, conn: Connection | None = None) -> bytes:
        """The payload of a column of `keep` or `pointer`. Raises as `unseal`, `SealBroken` also for a lost file."""
        large = self.large(column)
        if large is not None:
            return b"".join(self.slices(large, context))
        return self._salted(column, context, conn)[SALT:]

    def commitment(self, column: bytes, context: str, conn: Connection | None = None) -> str:
        """The commitment of what a column keeps, computed again from the payload. Raises as `reveal`."""
        large, hashed = self.large(column), hashlib.sha256()
        if large is None:
            hashed.update(self._salted(column, context, conn))
        else:
            for piece in self.slices(large, context, salted=True):
                hashed.update(piece)
        return hashed.hexdigest()

    def committed(
        self, column: bytes, context: str, conn: Connection | None = None
    ) -> tuple[bytes, Iterator[bytes]]:
        """The salt and the payload, in pieces, that a commitment is of. Raises as `reveal`, also on the way."""
        large = self.large(column)
        if large is None:
            found = self._salted(column, context, conn)
            return found[:SALT], iter([found[SALT:]])
        pieces_of = self.slices(large, context, salted=True)
        first = next(pieces_of, b"")
        return first[:SALT], chain([first[SALT:]], pieces_of)

    def _salted(self, column: bytes, context: str, conn: Connection | None) -> bytes:
        if column[:1] != _POINTER:
            return self.unseal(column, context, conn)
        file = self._blob(column[1:])
        try:
            sealed = file.read_bytes()
        except FileNotFoundError:
            raise SealBroken(f"{context}: its file {file} is gone") from None
        return self.unseal(sealed, context, conn)

    def _blob(self, digest: bytes) -> Path:
        name = digest.hex()
        return self.blobs / name[:2] / name


def _place(context: str) -> bytes:
    return hashlib.sha256(context.encode()).digest()[:_PLACE]


def _sync(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_blob(file: Path, sealed: bytes) -> None:
    file.parent.mkdir(mode=0o700, exist_ok=True)
    draft = file.with_suffix(".part")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "wb") as out:
        out.write(sealed)
        out.flush()
        os.fsync(out.fileno())
    draft.rename(file)
    sync_folder(file.parent)
    sync_folder(file.parent.parent)
