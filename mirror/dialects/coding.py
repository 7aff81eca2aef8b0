"""Content codings (RFC 9110, section 8.4.1), undone as the bytes arrive."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import brotli
import zstandard

type Decode = Callable[[bytes], bytes]


class CodingBroken(ValueError):
    """A body that is not what its content-encoding says, or a coding nobody here reads."""


def decoder(encoding: str) -> Decode:
    """A function that takes the next bytes and gives what they decode to.

    Both raise CodingBroken: this one for an unknown coding, the function for bytes that do not fit.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return bytes
        case "gzip" | "x-gzip":
            return _guarded(zlib.decompressobj(wbits=31).decompress)
        case "deflate":
            return _guarded(zlib.decompressobj().decompress)
        case "br":
            return _guarded(brotli.Decompressor().process)
        case "zstd":
            return _guarded(zstandard.ZstdDecompressor().decompressobj().decompress)
        case other:
            raise CodingBroken(f"the content-encoding {other[:40]!r} is not one we read")


def decoded(body: bytes, encoding: str) -> bytes:
    """A whole body, decoded; as much of it as there is where it was cut. Raises CodingBroken."""
    return decoder(encoding)(body)


def _guarded(decode: Decode) -> Decode:
    def step(chunk: bytes) -> bytes:
        try:
            return decode(chunk) if chunk else b""
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise CodingBroken("the body is not what its content-encoding says") from error

    return step
