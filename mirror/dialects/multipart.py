"""Requests as multipart forms (RFC 7578): fields are found and one is replaced, files stay untouched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

type Buffer = bytes | mmap
"""A body in memory, or the file that it was spooled to."""

MOST_PARTS = 200
LONGEST_HEAD = 8 << 10  # bytes of one part's headers
LONGEST_FIELD = 64 << 10
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))', re.I)
_PARAMETER = re.compile(r';\s*(name|filename\*?)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))', re.I)
_DISPOSITION = re.compile(rb"^content-disposition:\s*form-data((?:;.*)?)$", re.I | re.M)


class MultipartBroken(ValueError):
    """A body that is no form, or one that two readers could read differently."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its name, whether it is a file, and where its content stands in the body."""

    name: str
    file: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Splice:
    """A change of a body: `new` in the place of the bytes from `start` to `end`."""

    start: int
    end: int
    new: bytes

    @property
    def growth(self) -> int:
        """How many bytes longer the body becomes."""
        return len(self.new) - (self.end - self.start)


def parts(body: Buffer, content_type: str) -> list[Part]:
    """The parts of a form, in order. Raises MultipartBroken."""
    kind, found = content_type.lower().lstrip(), _BOUNDARY.search(content_type)
    if not kind.startswith("multipart/form-data") or found is None:
        raise MultipartBroken("the content type is no multipart form with a boundary")
    delimiter = b"--" + (found[1] or found[2]).encode("latin-1", "replace")
    return list(_parts(body, delimiter))


def fields(body: Buffer, content_type: str) -> dict[str, str]:
    """The form's values by name, without its files. Raises MultipartBroken, also for a name twice.

    Values are cut to 64 kB.
    """
    found: dict[str, str] = {}
    for part in parts(body, content_type):
        if part.file or part.name.endswith("[]"):
            continue
        if part.name in found:
            raise MultipartBroken(f"the field {part.name[:40]!r} is given twice")
        end = min(part.end, part.start + LONGEST_FIELD)
        found[part.name] = body[part.start : end].decode("utf-8", "replace")
    return found


def model_splice(body: Buffer, content_type: str, model: str) -> Splice | None:
    """What makes a form one for another model; None where it is that already."""
    for part in parts(body, content_type):
        if part.name == "model" and not part.file:
            new = model.encode()
            same = body[part.start : part.end] == new
            return None if same else Splice(part.start, part.end, new)
    return None


def with_model(body: bytes, content_type: str, model: str) -> bytes:
    """The request for another model. Only the field `model` changes; files are equal, byte for byte.

    `body` is one that `reading.read` found to be a form with a `model`.
    """
    found = model_splice(body, content_type, model)
    if found is None:
        return body
    return b"".join((body[: found.start], found.new, body[found.end :]))


def _parts(body: Buffer, delimiter: bytes) -> Iterator[Part]:
    at = _first(body, delimiter)
    for _ in range(MOST_PARTS):
        if body[at : at + 2] == b"--":
            return
        line = body.find(b"\r\n", at, at + 80)
        if line < 0 or body[at:line].strip(b" \t"):
            raise MultipartBroken("bytes stand behind a boundary")
        head = body.find(b"\r\n\r\n", line, line + LONGEST_HEAD)
        if head < 0:
            raise MultipartBroken("a part has no end of its headers")
        start = head + 4
        end = body.find(b"\r\n" + delimiter, head + 2)
        if end < 0:
            raise MultipartBroken("the last part has no end")
        yield _part(bytes(body[line + 2 : head]), start, max(start, end))
        at = end + 2 + len(delimiter)
    raise MultipartBroken(f"the form has more than {MOST_PARTS} parts")


def _first(body: Buffer, delimiter: bytes) -> int:
    """Behind the first boundary, which may have a preamble before it."""
    if body[: len(delimiter)] == delimiter:
        return len(delimiter)
    found = body.find(b"\r\n" + delimiter)
    if found < 0:
        raise MultipartBroken("the boundary is nowhere in the body")
    return found + 2 + len(delimiter)


def _part(head: bytes, start: int, end: int) -> Part:
    found = _DISPOSITION.findall(head.replace(b"\r", b""))
    if len(found) != 1:
        raise MultipartBroken("a part does not say that it is form data")
    if b"content-transfer-encoding" in head.lower():
        raise MultipartBroken("a part has a transfer encoding, which RFC 7578 dropped")
    named: dict[str, str] = {}
    for key, quoted, token in _PARAMETER.findall(found[0].decode("utf-8", "replace")):
        named[key.lower().rstrip("*")] = quoted or token
    if "name" not in named:
        raise MultipartBroken("a part has no name")
    return Part(named["name"], "filename" in named, start, end)
