"""Checkpoints as signed notes: C2SP's tlog-checkpoint and signed-note, parsed strictly, byte by byte.

A note is a text that ends with a line break, an empty line, and one line a signature:
`— NAME base64(4-byte key id || signature)`. A checkpoint's text has three lines: the log's origin, how
many leaves it has, and the root in base64. What no signer of ours writes is refused, not guessed at.
Only the standard library is imported, and only what Python 3.9 knows is used (so no slots): this file is
also a part of the verifier that bundles carry.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

ED25519 = 0x01  # signed-note's type byte of a plain Ed25519 signature
SIGNATURE_BYTES = 64
KEY_ID_BYTES = 4
LONGEST_NOTE = 64 * 1024
MOST_SIGNATURES = 16
LARGEST_SIZE = 2**53 - 1  # what JSON can say exactly
KEY_GRACE_US = 300 * 1_000_000  # a key's end and what it signed last are told by two clocks
_MARK = "— "
_NAME = re.compile(r"[^\s+\x00-\x20\x7f]{1,200}\Z")
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,15})\Z")
_HEX = re.compile(r"[0-9a-f]{64}\Z")


class NoteInvalid(Exception):
    """Not a note, or not one of the kind that was asked for; the message says where and why."""


@dataclass(frozen=True)
class Signature:
    """One signature line. `key_id` is 4 bytes, `signature` 64; `name` is the key's name."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """The line, with its line break."""
        return f"{_MARK}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True)
class Note:
    """What was signed, and by whom. `text` ends with a line break and is the signed message in UTF-8."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(one.line() for one in self.signatures)}"

    def by(self, name: str, key_id: bytes) -> list[bytes]:
        """The signatures of one key."""
        return [
            one.signature
            for one in self.signatures
            if one.name == name and one.key_id == key_id
        ]


@dataclass(frozen=True)
class Checkpoint:
    """How far a log had come: its origin, its number of leaves and its root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def read(cls, text: str) -> Checkpoint:
        """A checkpoint from a note's text. Raises `NoteInvalid`."""
        origin, size, root = _lines(text, 3, "a checkpoint")
        if not _NAME.match(origin):
            raise NoteInvalid("a checkpoint's origin is not a name")
        found = cls(origin, _number(size), _plain_base64(root, "the root"))
        if len(found.root) != 32:
            raise NoteInvalid("a checkpoint's root is not 32 bytes long")
        return found


def key_id(name: str, public: bytes) -> bytes:
    """The first four bytes of SHA-256(name || 0x0A || 0x01 || public key): which key signed."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([ED25519]) + public).digest()[
        :KEY_ID_BYTES
    ]


def key_fault(id: str, until_us: int, revoked_us: int, at_us: int) -> str:
    """Why a key cannot have signed what came to be at a moment; "" where it can.

    Times are microseconds of UTC; `until_us` 0 is no end, `revoked_us` 0 no revocation. A key is revoked after its
    end: what it signed honestly was before both.
    """
    ended_us = until_us + KEY_GRACE_US
    if 0 < revoked_us <= at_us:
        in_grace = 0 < until_us <= revoked_us and at_us < ended_us
        return "" if in_grace else f"key {id} was revoked before"
    return f"key {id} was no longer in use then" if until_us > 0 and ended_us <= at_us else ""


def deployment_name(deployment: str) -> str:
    """A deployment's key name, and the origin of its own log."""
    return f"crossfade/{deployment}"


def origin_of(deployment: str, tenant: str) -> str:
    """The origin of a tenant's log; of the deployment's own for ""."""
    return f"{deployment_name(deployment)}/{tenant}" if tenant else deployment_name(deployment)


def digest_text(origin: str, period_start_us: int, body_sha256: str) -> str:
    """What is signed for one hour's digest: whose, which hour (microseconds of UTC), and its hash in hex."""
    return f"{origin}/digest\n{period_start_us}\n{body_sha256}\n"


def manifest_text(origin: str, manifest_sha256: str) -> str:
    """What is signed for an export: whose log it is of, and the manifest's hash in hex."""
    return f"{origin}/manifest\n{manifest_sha256}\n"


def read_digest(text: str) -> tuple[str, int, str]:
    """The origin, the hour and the hash that `digest_text` wrote. Raises `NoteInvalid`."""
    origin, period, hashed = _lines(text, 3, "a digest's note")
    return _without(origin, "/digest"), _number(period), _hashed(hashed)


def read_manifest(text: str) -> tuple[str, str]:
    """The origin and the hash that `manifest_text` wrote. Raises `NoteInvalid`."""
    origin, hashed = _lines(text, 2, "a manifest's note")
    return _without(origin, "/manifest"), _hashed(hashed)


def parse(note: str | bytes) -> Note:
    """A note from its bytes. No signature is checked here.

    Raises:
        NoteInvalid: it is no note that a signer of ours could have written.
    """
    text, lines = _halves(_decoded(note))
    signatures = tuple(_signature(line) for line in lines)
    if len(set(signatures)) != len(signatures):
        raise NoteInvalid("a note has the same signature twice")
    return Note(text, signatures)


def _decoded(note: str | bytes) -> str:
    if len(note) > LONGEST_NOTE:
        raise NoteInvalid(f"longer than {LONGEST_NOTE:,} bytes; a note is a few lines")
    try:
        return note if isinstance(note, str) else note.decode()
    except UnicodeDecodeError as error:
        raise NoteInvalid("not UTF-8") from error


def _halves(note: str) -> tuple[str, Sequence[str]]:
    """The signed text, and the signature lines without their line breaks."""
    if any((char < " " and char != "\n") or char == "\x7f" for char in note):
        raise NoteInvalid("a control character in a note")
    text, gap, rest = note.rpartition("\n\n")
    if not gap or not text or not rest.endswith("\n"):
        raise NoteInvalid("no text, an empty line and signatures, each line with its break")
    lines = rest[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise NoteInvalid(f"more than {MOST_SIGNATURES} signatures")
    return text + "\n", lines


def _signature(line: str) -> Signature:
    name, space, rest = line.removeprefix(_MARK).partition(" ")
    if not line.startswith(_MARK) or not space or not _NAME.match(name):
        raise NoteInvalid("a line that is no signature stands after the empty line")
    found = _plain_base64(rest, "a signature")
    if len(found) != KEY_ID_BYTES + SIGNATURE_BYTES:
        raise NoteInvalid(f"a signature has {len(found)} bytes where 68 are due")
    return Signature(name, found[:KEY_ID_BYTES], found[KEY_ID_BYTES:])


def _lines(text: str, count: int, what: str) -> list[str]:
    lines = text.split("\n")
    if len(lines) != count + 1 or lines[-1]:
        raise NoteInvalid(f"{what} has {count} lines, this text has others")
    return lines[:-1]


def _number(said: str) -> int:
    if not _NUMBER.match(said) or int(said) > LARGEST_SIZE:
        raise NoteInvalid("a number is not written plainly in decimal digits")
    return int(said)


def _plain_base64(said: str, what: str) -> bytes:
    """Bytes from the one way to write them in base64: others would be a second form of the same note."""
    try:
        found = base64.b64decode(said, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteInvalid(f"{what} is not base64") from error
    if base64.b64encode(found).decode() != said:
        raise NoteInvalid(f"{what} is not written in base64 as everybody writes it")
    return found


def _hashed(said: str) -> str:
    if not _HEX.match(said):
        raise NoteInvalid("a hash is not 64 hex digits")
    return said


def _without(said: str, end: str) -> str:
    if not said.endswith(end) or not _NAME.match(said):
        raise NoteInvalid(f"its first line does not end with {end}")
    return said.removesuffix(end)
