"""Content codings (RFC 9110, section 8.4.1), undone as the bytes arrive, up to a bound.

A few kilobytes may decode to gigabytes, so every coding is undone in steps and counted.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

import brotli
import zstandard

type Decode = Callable[[bytes], bytes]
type _Steps = Callable[[bytes], Iterator[bytes]]

LARGEST = 32 << 20
"""Bytes that one body may decode to."""

_STEP = 1 << 20  # bytes out
# Bytes in: zstd has no bound on what comes out, but a block of 4 bytes gives 128 kB at most
# (RFC 8878, section 3.1.1.2).
_ZSTD_STEP = 64


class CodingBroken(ValueError):
    """A body that is not what its content-encoding says, is too long, or a coding nobody reads."""


class DecodedTooLong(CodingBroken):
    """A body that decodes to more than was asked for."""


def decoder(encoding: str, largest: int = LARGEST) -> Decode:
    """A function that takes the next bytes and gives what they decode to.

    Both raise CodingBroken: this one for an unknown coding, the function for bytes that do not fit
    and for more than `largest` bytes in all.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return bytes
        case "gzip" | "x-gzip":
            return _guarded(_zlib(31), largest)
        case "deflate":
            return _guarded(_zlib(zlib.MAX_WBITS), largest)
        case "br":
            return _guarded(_brotli(), largest)
        case "zstd":
            return _guarded(_zstd(), largest)
        case other:
            raise CodingBroken(f"the content-encoding {other[:40]!r} is not one we read")


def decoded(body: bytes, encoding: str) -> bytes:
    """A whole body, decoded; as much of it as there is where it was cut. Raises CodingBroken."""
    return decoder(encoding)(body)


def _zlib(wbits: int) -> _Steps:
    coder = zlib.decompressobj(wbits)

    def steps(chunk: bytes) -> Iterator[bytes]:
        full = True
        while chunk or full:  # a full step may leave output behind that needs no more input
            piece = coder.decompress(chunk, _STEP)
            chunk, full = coder.unconsumed_tail, len(piece) == _STEP
            yield piece

    return steps


def _brotli() -> _Steps:
    coder = brotli.Decompressor()

    def steps(chunk: bytes) -> Iterator[bytes]:
        full = True
        while chunk or full or not coder.can_accept_more_data():
            piece = coder.process(chunk, output_buffer_limit=_STEP)
            chunk, full = b"", len(piece) >= _STEP and not coder.is_finished()
            yield piece

    return steps


def _zstd() -> _Steps:
    coder = zstandard.ZstdDecompressor().decompressobj(read_across_frames=True)

    def steps(chunk: bytes) -> Iterator[bytes]:
        for start in range(0, len(chunk), _ZSTD_STEP):
            yield coder.decompress(chunk[start : start + _ZSTD_STEP])

    return steps


def _guarded(steps: _Steps, largest: int) -> Decode:
    room = largest

    def decode(chunk: bytes) -> bytes:
        nonlocal room
        out = bytearray()
        try:
            for piece in steps(chunk) if chunk else ():
                room -= len(piece)
                if room < 0:
                    raise DecodedTooLong(f"the body decodes to more than {largest >> 20} MB")
                out += piece
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise CodingBroken("the body is not what its content-encoding says") from error
        return bytes(out)

    return decode
