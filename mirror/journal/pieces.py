"""Long bodies at rest: a file each, sealed piece by piece, so that none is ever whole in memory.

    file  = version (3), salt (32), pieces
    piece = AES-256-GCM of 256 kB, the last of less; nonce = its number (11 bytes), 1 where it is the last

The key is the file's own: HKDF-SHA-256 (RFC 5869) of the payload key, the salt and the context, such
as "<exchange id>/request". So no nonce meets a key twice, and pieces that are moved, exchanged or cut
off do not open (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015).
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mirror.exchange import Large

_VERSION = b"\x03"
_SALT = 32
_COMMITTED = 16  # bytes of salt before the body, as in a column
_PIECE = 256 << 10
_TAG = 16


class PiecesBroken(Exception):
    """A file that was changed, cut off, belongs elsewhere or was sealed with another key."""


def overhead(length: int) -> int:
    """Bytes that a sealed file is longer than its body of `length` bytes, at most."""
    return len(_VERSION) + _SALT + _COMMITTED + _TAG * (length // _PIECE + 2)


def write(out: BinaryIO, key: bytes, context: str, body: Iterable[bytes]) -> Large:
    """Writes a body, sealed. Nothing is synced. Raises OSError."""
    salt, committed = secrets.token_bytes(_SALT), secrets.token_bytes(_COMMITTED)
    aead, digest = AESGCM(_own_key(key, salt, context)), hashlib.sha256()
    commitment, length = hashlib.sha256(committed), 0

    def put(data: bytes) -> None:
        digest.update(data)
        out.write(data)

    put(_VERSION + salt)
    buffer, number = bytearray(committed), 0
    for chunk in body:
        commitment.update(chunk)
        length += len(chunk)
        buffer += chunk
        while len(buffer) > _PIECE:  # one that is full may still be the last
            put(aead.encrypt(_nonce(number, last=False), bytes(buffer[:_PIECE]), None))
            del buffer[:_PIECE]
            number += 1
    put(aead.encrypt(_nonce(number, last=True), bytes(buffer), None))
    return Large(digest.hexdigest(), length, commitment.hexdigest())


def read(path: Path, key: bytes, context: str, *, salted: bool = False) -> Iterator[bytes]:
    """The body in a file, piece by piece; `salted` with the salt of its commitment before it.

    Raises PiecesBroken, and OSError for one that is gone.
    """
    with path.open("rb") as source:
        size = os.fstat(source.fileno()).st_size - len(_VERSION) - _SALT
        head = source.read(len(_VERSION) + _SALT)
        if head[:1] != _VERSION or size < _TAG:
            raise PiecesBroken("not a sealed file of a known version")
        aead = AESGCM(_own_key(key, head[1:], context))
        skipped, number = 0 if salted else _COMMITTED, 0
        while size > 0:
            sealed = source.read(min(_PIECE + _TAG, size))
            size -= len(sealed)
            try:
                plain = aead.decrypt(_nonce(number, last=size == 0), sealed, None)
            except (InvalidTag, ValueError):
                raise PiecesBroken("a piece was changed, or sealed with another key") from None
            number += 1
            yield plain[skipped:]
            skipped = 0


def _own_key(key: bytes, salt: bytes, context: str) -> bytes:
    info = b"crossfade body\0" + context.encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=info).derive(key)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])
