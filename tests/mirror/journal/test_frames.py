import json
import os
import struct
from dataclasses import asdict, replace

import pytest
from builders import accepted, intended, replied
from hypothesis import given
from hypothesis import strategies as st

from mirror.egress_record import Done
from mirror.exchange import Large, Leg
from mirror.journal import frames, rows
from mirror.journal.breakers import Tripped
from mirror.journal.frames import Damage, Frame, Lost


@pytest.fixture
def reading(tmp_path):
    """Reads the frame at an offset of some bytes."""

    def read(data, at=0):
        (tmp_path / "segment").write_bytes(data)
        handle = os.open(tmp_path / "segment", os.O_RDONLY)
        try:
            return frames.read_frame(handle, at, len(data))
        finally:
            os.close(handle)

    return read


@pytest.mark.parametrize(
    "record",
    [
        accepted(1, body=bytes(range(256))),
        replied(1, Leg.REASK),
        Lost(3, ("e000001", "e000002"), 4),
        intended(1),
        Done(intended(1), "timeout", None, 17),
        Tripped("clinic", "chat", "gpu", True, 17),
        replace(intended(1), call="GET /\ud800/é/病/😀/\0"),
    ],
    ids=["accept", "reply", "lost", "intent", "done", "tripped", "half a character"],
)
def test_a_record_is_read_as_it_was_packed(record):
    kind, plain = frames.plain(record)
    assert frames.record(kind, plain) == record


@pytest.mark.parametrize("length", [10, 2047, 2048, 2049, 70_000])
def test_a_frame_of_any_length_is_read_whole_and_a_wrong_byte_at_its_end_is_found(
    reading, length
):
    sealed = bytes(number % 251 for number in range(length - 9))
    data = frames.frame(1, sealed)
    assert reading(data + b"next") == Frame(0, len(data), 1, sealed)
    assert reading(data[:-1]) is None
    torn = data[:-1] + bytes([data[-1] ^ 1])
    assert reading(torn + b"next") == Damage(0, len(data), "a wrong checksum")


def test_a_record_of_an_older_version_is_read_that_wrote_every_letter_as_ascii():
    said = replace(intended(1), call="GET /病/😀")
    kind, plain = frames.plain(said)
    text = json.dumps(json.loads(plain[4:])).encode()
    assert b"\\u75c5" in text
    assert frames.record(kind, struct.pack("<I", len(text)) + text) == said


@pytest.mark.parametrize("large", [None, Large("d" * 64, 5, "c" * 64)])
def test_accepts_and_replies_of_an_older_version_that_wrote_names_with_values_are_read(large):
    records = accepted(1, body=b"", large=large), replied(1, body=b"", large=large)
    flats = rows.accept_flat(records[0]), rows.reply_flat(records[1])
    for kind, record, flat in zip((1, 2), records, flats, strict=True):
        named = flat | {"large": asdict(large)} if large else flat
        text = json.dumps(named).encode()
        assert frames.record(kind, struct.pack("<I", len(text)) + text) == record


def test_a_kind_that_nobody_writes_is_refused():
    _, plain = frames.plain(accepted(1))
    with pytest.raises(ValueError, match="kind 9"):
        frames.record(9, plain)


def test_frames_follow_each_other(reading):
    one, two = frames.frame(1, b"first"), frames.frame(2, b"second")
    assert reading(one + two) == Frame(0, len(one), 1, b"first")
    assert reading(one + two, len(one)) == Frame(len(one), len(one + two), 2, b"second")
    assert reading(one, len(one)) is None


def test_a_frame_that_is_not_all_there_is_none(reading):
    whole = frames.frame(1, b"record")
    assert all(reading(whole[:length]) is None for length in range(len(whole)))


def test_any_changed_byte_is_damage_or_an_end(reading):
    whole = frames.frame(1, b"record")
    for at in range(len(whole)):
        broken = bytearray(whole)
        broken[at] ^= 0xFF
        assert not isinstance(reading(bytes(broken)), Frame)


def test_zeros_left_by_a_power_cut_are_damage(reading):
    assert reading(bytes(100)) == Damage(0, 100, "no frame")


def test_a_length_beyond_reason_is_damage(reading):
    assert isinstance(reading(struct.pack("<IIB", 2**31, 0, 1) + b"x"), Damage)


@given(key=st.binary(min_size=8, max_size=8))
def test_a_header_names_its_key(key):
    assert frames.key_id_of(frames.header(key) + b"more") == key


@pytest.mark.parametrize("start", [b"", b"CFSP", b"XXXX" + bytes(12), b"CFSP\x02" + bytes(11)])
def test_a_header_of_something_else_names_none(start):
    assert frames.key_id_of(start) is None
    assert len(frames.header(bytes(8))) == frames.HEADER_BYTES


@pytest.mark.parametrize("record", [accepted(1), replied(1)])
def test_a_record_tells_of_its_large_body_and_does_not_hold_it(record):
    large = Large("d" * 64, 5, "c" * 64)
    told = replace(record, body=b"whole", large=large)
    assert frames.record(*frames.plain(told)) == replace(told, body=b"")
