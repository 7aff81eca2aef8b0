"""The bytes of a spool segment: a header, then framed and sealed records.

    segment = magic "CFSP", version (1), 3 zeros, key id (8)      16 bytes
    frame   = length of sealed, CRC-32 of kind and sealed, kind   9 bytes, little endian; then sealed
    sealed  = seal(length of JSON (4), JSON, body; context "<folder>/<segment>@<offset>")

A body of more than 64 kB stands in a file beside the segments instead; `large` in the JSON describes it.

The checksum tells a torn write from a whole one without the key; the context tells a record that was
moved. `kind` is under the checksum so that a run of zeros is no frame.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import asdict, dataclass, fields
from operator import attrgetter

from mirror.egress_record import Done, Intent, Purpose
from mirror.exchange import Accept, Large, Reply
from mirror.journal import quick_json, spooled
from mirror.journal.breakers import Tripped
from mirror.journal.rows import Flat, accept_spooled, reply_spooled

_HEADER = struct.Struct("<4sB3x8s")
_FRAME = struct.Struct("<IIB")
_JSON_LENGTH = struct.Struct("<I")
_MAGIC = b"CFSP"
_VERSION = 1
_LOST, _INTENT, _DONE, _TRIPPED = 3, 4, 5, 6
_ACCEPT, _REPLY = 7, 8  # 1 and 2 are those of an older version
_INTENT_NAMES = [field.name for field in fields(Intent)]
_of_intent = attrgetter(*_INTENT_NAMES)
_AT_ONCE = 2048  # bytes, of which nearly every frame has fewer
_LONGEST = 1 << 30  # bytes; a longer length is damage, not a record

HEADER_BYTES = _HEADER.size
SEALED_OVERHEAD = 29  # bytes that sealing adds to a record


@dataclass(frozen=True, slots=True)
class Lost:
    """What a full disk kept out of the spool: how many accepts, the exchanges without an end, and
    how many entries of the egress record.
    """

    accepts: int
    replies: tuple[str, ...]
    egress: int = 0


type Record = Accept | Reply | Lost | Intent | Done | Tripped


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame: where it begins, where it ends, and its sealed record."""

    at: int
    end: int
    kind: int
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes from `at` to `end` that are no record."""

    at: int
    end: int
    why: str


def header(key_id: bytes) -> bytes:
    """The first bytes of a segment sealed with the key of this id."""
    return _HEADER.pack(_MAGIC, _VERSION, key_id)


def key_id_of(start: bytes) -> bytes | None:
    """The key id in a segment's first bytes; None where they are no header of a known version."""
    if len(start) < HEADER_BYTES:
        return None
    magic, version, key_id = _HEADER.unpack(start[:HEADER_BYTES])
    return key_id if (magic, version) == (_MAGIC, _VERSION) else None


def context(folder: str, segment: str, offset: int | str) -> str:
    """What a record's seal is bound to: its place. With an offset of "" that is what all of a segment begin with."""
    return f"{folder}/{segment}@{offset}"


def plain(record: Record) -> tuple[int, bytes]:
    """A record's kind and its bytes before sealing."""
    match record:
        case Accept():
            body = b"" if record.large else record.body
            return _ACCEPT, _packed(spooled.accept_values(record), body)
        case Reply():
            body = b"" if record.large else record.body
            return _REPLY, _packed(spooled.reply_values(record), body)
        case Lost():
            return _LOST, _packed(asdict(record), b"")
        case Intent():
            return _INTENT, _packed(_values(record), b"")
        case Done(intent=intent):
            said: Flat = {
                "reason": record.reason,
                "status": record.status,
                "took_us": record.took_us,
            }
            return _DONE, _packed(_values(intent) | said, b"")
        case Tripped():
            return _TRIPPED, _packed(asdict(record), b"")


def record(kind: int, unsealed: bytes) -> Record:
    """The record of `plain`. Raises `ValueError` for a kind nobody writes."""
    start = _JSON_LENGTH.size
    (length,) = _JSON_LENGTH.unpack_from(unsealed)
    values = quick_json.read(unsealed[start : start + length])
    body = unsealed[start + length :]
    match kind:
        case 7:
            return spooled.accept_of(values, body)
        case 8:
            return spooled.reply_of(values, body)
        case 3:
            return Lost(values["accepts"], tuple(values["replies"]), values.get("egress", 0))
        case 4:
            return _intent(values)
        case 5:
            end = {name: values.pop(name) for name in ("reason", "status", "took_us")}
            return Done(_intent(values), **end)
        case 6:
            return Tripped(**values)
        case 1 | 2:
            told = values.pop("large", None)
            older = accept_spooled if kind == 1 else reply_spooled
            return older(values, body, Large(**told) if told else None)
    raise ValueError(f"a spool record of kind {kind}")


def _values(intent: Intent) -> Flat:
    return dict(zip(_INTENT_NAMES, _of_intent(intent), strict=True))


def _intent(values: Flat) -> Intent:
    return Intent(**values | {"purpose": Purpose(values["purpose"])})


def frame(kind: int, sealed: bytes) -> bytes:
    """A frame around a sealed record."""
    return _FRAME.pack(len(sealed), zlib.crc32(sealed, kind), kind) + sealed


def read_frame(handle: int, at: int, size: int) -> Frame | Damage | None:
    """The frame at offset `at` of a segment of `size` bytes; None where it is not all there yet."""
    start = at + _FRAME.size
    if start > size:
        return None
    there = os.pread(handle, min(_AT_ONCE, size - at), at)
    if len(there) < _FRAME.size:  # a full disk took back what was begun
        return None
    length, checksum, kind = _FRAME.unpack_from(there)
    if not 0 < length <= _LONGEST:
        return Damage(at, size, "no frame")
    end = start + length
    if end > size:
        return None
    short = end - at <= len(there)
    sealed = there[_FRAME.size : end - at] if short else os.pread(handle, length, start)
    if zlib.crc32(sealed, kind) != checksum:
        return Damage(at, end, "a wrong checksum")
    return Frame(at, end, kind, sealed)


def body_file(exchange_id: str, part: str) -> str:
    """The name of the file in a spool folder that holds a large body; `part` is `request` or a leg."""
    return f"{exchange_id}.{part}"


def _packed(values: object, body: bytes) -> bytes:
    text = quick_json.written(values)
    return b"".join((_JSON_LENGTH.pack(len(text)), text, body))
