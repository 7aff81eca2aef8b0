"""What a reply says, whatever its shape: JSON or a stream of chunks, compressed or not.

A body that cannot be read is an `Answer` with a `problem`, never an exception: garbage from an
upstream is a finding about it.
"""

from __future__ import annotations

import hashlib
import json
import zlib

import brotli
import zstandard

from compare.asked import Asked
from compare.canonical import Answer
from compare.dialects import READERS
from compare.reassembly import Reassembly
from mirror import surface
from mirror.exchange import Accept, Reply

LARGEST = 32 * 1024 * 1024
"""Bytes a body may have after decompression."""

READ = frozenset(READERS)
"""Dialects whose answers are read. Those of others have no score, and say so."""


class Undecodable(ValueError):
    """A body that its declared content encoding does not fit, or that grows beyond `LARGEST`."""


def read(reply: Reply, dialect: str = "chat") -> Answer:
    """The answer in a reply's body, of any encoding, whole or streamed. The dialect is one of `READ`."""
    reader = READERS[dialect]
    try:
        body = decoded(reply.body, reply.content_encoding)
    except Undecodable as fault:
        return Answer(problem=str(fault))
    if reply.content_type.startswith("text/event-stream"):
        stream = Reassembly(reader)
        stream.feed(body)
        return stream.answer()
    return reader.of_body(body, reply.content_type)


def said(reply: Reply | None, accept: Accept) -> str:
    """The words of a reply to an accepted request; empty where there are none, or nothing reads them."""
    dialect = dialect_name(accept)
    return read(reply, dialect).said if reply is not None and dialect in READ else ""


def prompt(body: bytes, dialect: str = "chat") -> str:
    """The words of a request; empty where there are none."""
    return READERS[dialect].asked(body, "application/json").prompt


def asked(accept: Accept) -> Asked:
    """What an accepted request asks for; empty where its body cannot be read."""
    dialect = dialect_name(accept)
    if dialect not in READ:
        return Asked()
    try:
        body = decoded(accept.body, accept.headers.get("content-encoding", ""))
    except Undecodable:
        return Asked()
    return READERS[dialect].asked(body, accept.headers.get("content-type", ""))


def request_prompt(accept: Accept) -> str:
    """The prompt of an accepted request; empty where its body cannot be read."""
    return asked(accept).prompt


def dialect_name(accept: Accept) -> str:
    """The dialect that an exchange was held in; empty for one that nobody knows any more."""
    dialect = surface.dialect_of(accept.method, accept.path)
    return dialect.name if dialect else ""


def recorded_key(accept: Accept, primary: Reply | None) -> str:
    """SHA-256 in hex of tenant, route, prompt and primary answer: equal for the same recorded answer.

    Where the dialect has no words that are read, empty: no two exchanges are known to be the same.
    """
    if dialect_name(accept) not in READ:
        return ""
    parts = [accept.tenant, accept.route, request_prompt(accept), said(primary, accept)]
    canonical = json.dumps([" ".join(part.split()) for part in parts], ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def decoded(body: bytes, encoding: str) -> bytes:
    """A body without its content encodings (RFC 9110, 8.4). Raises `Undecodable`."""
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        body = _without(name, body)
        if len(body) > LARGEST:
            raise Undecodable("too_large")
    return body


def _without(name: str, body: bytes) -> bytes:
    try:
        match name:
            case "" | "identity":
                return body
            case "gzip" | "x-gzip" | "deflate":
                return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, LARGEST + 1)
            case "br":
                return bytes(
                    brotli.Decompressor().process(body, output_buffer_limit=LARGEST + 1)
                )
            case "zstd":
                return zstandard.ZstdDecompressor().stream_reader(body).read(LARGEST + 1)
    except (zlib.error, brotli.error, zstandard.ZstdError) as fault:
        raise Undecodable("encoding") from fault
    raise Undecodable("encoding")
