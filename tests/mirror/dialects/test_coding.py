"""Content codings, undone as the bytes arrive."""

import gzip
import itertools
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from mirror.dialects.coding import CodingBroken, decoded, decoder

ENCODE = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "X-GZIP": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
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
