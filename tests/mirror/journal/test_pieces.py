"""Long bodies at rest, sealed piece by piece."""

import hashlib
import io
import os
import tracemalloc

import pytest

from mirror.journal import pieces
from mirror.journal.pieces import PiecesBroken

KEY, PIECE = bytes(range(32)), 256 << 10
SIZES = [0, 1, PIECE - 17, PIECE - 16, PIECE - 15, PIECE, 2 * PIECE - 16, 3 * PIECE]


def written(path, content, context="e/request", chunk=100_000):
    with path.open("wb") as out:
        chunks = (content[at : at + chunk] for at in range(0, len(content), chunk))
        return pieces.write(out, KEY, context, chunks)


def opened(path, context="e/request", key=KEY):
    return b"".join(pieces.read(path, key, context))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("chunk", [7_919, 10 * PIECE])
def test_what_is_written_is_read(tmp_path, size, chunk):
    content, file = os.urandom(size), tmp_path / "f"
    large = written(file, content, chunk=chunk)
    assert opened(file) == content
    assert large.length == size
    assert large.digest == hashlib.sha256(file.read_bytes()).hexdigest()
    assert file.stat().st_size <= size + pieces.overhead(size)


def test_nothing_stands_in_clear_and_no_two_files_are_equal(tmp_path):
    content = b"patient Siti binti Ahmad " * 20_000
    first, second = written(tmp_path / "1", content), written(tmp_path / "2", content)
    assert b"Siti" not in (tmp_path / "1").read_bytes()
    assert first.digest != second.digest
    assert first.commitment != second.commitment


def changes(sealed):
    piece = PIECE + 16
    yield "a byte", sealed[:5] + bytes([sealed[5] ^ 1]) + sealed[6:]
    yield "the version", b"\x01" + sealed[1:]
    yield "a later byte", sealed[:-1] + bytes([sealed[-1] ^ 1])
    yield "cut at a piece", sealed[: 33 + piece]
    yield "cut in a piece", sealed[:-1]
    yield "cut to nothing", sealed[:33]
    yield "empty", b""
    yield "longer", sealed + sealed[33 : 33 + piece]
    first, second = sealed[33 : 33 + piece], sealed[33 + piece : 33 + 2 * piece]
    yield "turned round", sealed[:33] + second + first + sealed[33 + 2 * piece :]


def test_a_file_that_was_changed_is_not_opened(tmp_path):
    file = tmp_path / "f"
    written(file, os.urandom(3 * PIECE))
    for what, changed in changes(file.read_bytes()):
        (tmp_path / "changed").write_bytes(changed)
        with pytest.raises(PiecesBroken):
            opened(tmp_path / "changed")
            pytest.fail(what)


def test_a_file_opens_only_with_its_key_and_in_its_place(tmp_path):
    file = tmp_path / "f"
    written(file, b"body")
    with pytest.raises(PiecesBroken):
        opened(file, context="other/request")
    with pytest.raises(PiecesBroken):
        opened(file, key=bytes(32))


def test_a_long_body_is_never_whole_in_memory(tmp_path):
    chunk, file = bytes(PIECE), tmp_path / "f"
    tracemalloc.start()
    try:
        with file.open("wb") as out:
            pieces.write(out, KEY, "c", (chunk for _ in range(100)))
        assert sum(len(piece) for piece in pieces.read(file, KEY, "c")) == 100 * PIECE
        assert tracemalloc.get_traced_memory()[1] < 8 * PIECE
    finally:
        tracemalloc.stop()


def test_a_commitment_is_the_hash_of_salt_and_body():
    out = io.BytesIO()
    large = pieces.write(out, KEY, "c", [b"body"])
    assert len(large.commitment) == 64
    assert large.commitment != hashlib.sha256(b"body").hexdigest()
