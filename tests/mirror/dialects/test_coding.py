"""Content codings, undone as the bytes arrive."""

import gzip
import itertools
import tracemalloc
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from mirror.dialects.coding import LARGEST, CodingBroken, decoded, decoder

ENCODE = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "X-GZIP": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda body: brotli.compress(body, quality=5),
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("encoding", ENCODE)
@given(body=st.binary(max_size=300), points=st.lists(st.integers(0, 300), max_size=5))
def test_what_was_encoded_is_decoded_whatever_the_split(encoding, body, points):
    sent = ENCODE[encoding](body)
    edges = [0, *sorted(min(point, len(sent)) for point in points), len(sent)]
    step = decoder(encoding)
    pieces = [step(sent[a:b]) for a, b in itertools.pairwise(edges)]
    assert b"".join(pieces) == body
    assert decoded(sent, encoding) == body


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_bytes_that_do_not_fit_are_told(encoding):
    with pytest.raises(CodingBroken, match="not what its content-encoding says"):
        decoded(b"plain text, not encoded at all", encoding)


def test_a_coding_nobody_reads_is_told():
    with pytest.raises(CodingBroken, match="'compress'"):
        decoder("compress")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_of_many_steps_comes_out_whole(encoding):
    body = b"".join(b"line %d\n" % number for number in range(300_000)) + bytes(2 << 20)
    assert decoded(ENCODE[encoding](body), encoding) == body


def bomb(encoding, size):
    """Zeros in few bytes, made without holding them all."""
    match encoding:
        case "gzip" | "deflate":
            coder = zlib.compressobj(wbits=31 if encoding == "gzip" else zlib.MAX_WBITS)
        case "br":
            return brotli.compress(bytes(size), quality=1)
        case _:
            return zstandard.compress(bytes(size))
    return b"".join(coder.compress(bytes(1 << 20)) for _ in range(size >> 20)) + coder.flush()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_small_body_never_fills_the_memory(encoding):
    sent = bomb(encoding, 150 << 20)
    assert len(sent) < 1 << 20
    tracemalloc.start()
    try:
        with pytest.raises(CodingBroken, match="more than 32 MB"):
            decoded(sent, encoding)
        assert tracemalloc.get_traced_memory()[1] < 2 * LARGEST
    finally:
        tracemalloc.stop()


def test_the_bound_holds_for_all_chunks_of_a_body_together():
    sent, step = bomb("gzip", 40 << 20), decoder("gzip")
    with pytest.raises(CodingBroken, match="more than 32 MB"):
        for start in range(0, len(sent), 1000):
            step(sent[start : start + 1000])
