"""Payloads line by line. That they are what was committed to is tested with the verifier."""

import json

import pytest
from bundles import MemoryLog, bundle, unpacked

from cutover.exports.payloads import PIECE, Revealed


@pytest.mark.parametrize(
    "pieces", [[], [b"a"], [b"x" * PIECE], [b"y" * (PIECE * 2 + 1)], [b"a", b"b", b""]]
)
def test_a_payload_stands_in_as_many_lines_as_it_needs(pieces):
    log = MemoryLog()
    log.add("request.served", {"leg": "served", "body_commitment": "c"})
    log.sign()
    files = unpacked(
        bundle(log, Revealed(lambda *_: (b"s" * 16, iter(pieces))), profile="full")
    )
    told = [json.loads(line) for line in files["payloads.jsonl"].splitlines()]
    assert [one["more"] for one in told] == [True] * (len(told) - 1) + [False]
    assert len(told) == max(1, sum(-(-max(1, len(one)) // PIECE) for one in pieces))
    assert "salt" in told[0]
