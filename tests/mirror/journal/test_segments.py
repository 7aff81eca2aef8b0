import dataclasses
import os

import pytest
from builders import accepted, replied

from mirror.journal import frames, segments
from mirror.journal.frames import Damage
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.segments import Batch, KeyMismatch

RECORDS = [accepted(1), replied(1), accepted(2)]


@pytest.fixture
def segment(home, sealer):
    """Writes a segment of records, and gives its path and their ends."""
    path = home.spool / "proxy-1" / "00000001.seg"
    path.parent.mkdir()

    def write(records=RECORDS, key=sealer):
        data = frames.header(key.key_id)
        for record in records:
            kind, plain = frames.plain(record)
            place = frames.context("proxy-1", path.name, len(data))
            data += frames.frame(kind, key.seal(plain, place))
            ends.append(len(data))
        path.write_bytes(data)
        return path, list(ends)

    ends = []
    return write


def found(batch):
    return [entry.found for entry in batch.entries]


def test_records_are_read_in_order_and_from_any_position(segment, sealer):
    path, ends = segment()
    whole = segments.read(path, 0, closed=True, sealer=sealer)
    assert found(whole) == RECORDS and whole.done
    assert [entry.end for entry in whole.entries] == ends
    rest = segments.read(path, ends[0], closed=True, sealer=sealer)
    assert found(rest) == RECORDS[1:]


def test_an_open_segment_is_never_done(segment, sealer):
    path, ends = segment()
    assert not segments.read(path, 0, closed=False, sealer=sealer).done
    assert segments.read(path, ends[-1], closed=False, sealer=sealer) == Batch((), False)
    assert segments.read(path, ends[-1], closed=True, sealer=sealer) == Batch((), True)


def test_a_batch_has_a_limit(segment, sealer, monkeypatch):
    monkeypatch.setattr(segments, "BATCH", 2)
    path, _ = segment()
    batch = segments.read(path, 0, closed=True, sealer=sealer)
    assert found(batch) == RECORDS[:2] and not batch.done


def test_a_torn_end_is_waited_for_in_an_open_segment_and_damage_in_a_closed_one(
    segment, sealer
):
    path, ends = segment()
    path.write_bytes(path.read_bytes()[:-5])
    assert found(segments.read(path, 0, closed=False, sealer=sealer)) == RECORDS[:2]
    closed = segments.read(path, 0, closed=True, sealer=sealer)
    assert found(closed) == [*RECORDS[:2], Damage(ends[1], ends[2] - 5, "a torn end")]
    assert closed.done


def test_damage_hides_no_record_behind_it(segment, sealer):
    path, ends = segment()
    data = bytearray(path.read_bytes())
    data[ends[1] - 1] ^= 1
    path.write_bytes(data)
    batch = segments.read(path, 0, closed=True, sealer=sealer)
    damage = Damage(ends[0], ends[1], "a wrong checksum")
    assert found(batch) == [RECORDS[0], damage, RECORDS[2]]


def test_a_length_that_was_changed_loses_the_rest_in_one_piece(segment, sealer):
    path, ends = segment()
    data = bytearray(path.read_bytes())
    data[ends[0]] ^= 1  # the second record's length
    path.write_bytes(data)
    batch = segments.read(path, 0, closed=True, sealer=sealer)
    assert found(batch) == [RECORDS[0], Damage(ends[0], ends[2], "a wrong checksum")]


def test_a_tail_of_zeros_is_one_piece_of_damage(segment, sealer):
    path, ends = segment()
    path.write_bytes(path.read_bytes() + bytes(4096))
    batch = segments.read(path, 0, closed=True, sealer=sealer)
    assert found(batch) == [*RECORDS, Damage(ends[-1], ends[-1] + 4096, "no frame")]
    assert batch.done


def test_a_record_in_another_place_is_damage(segment, sealer):
    path, _ = segment()
    moved = path.with_name("00000002.seg")
    path.rename(moved)
    batch = segments.read(moved, 0, closed=True, sealer=sealer)
    assert [type(entry.found) for entry in batch.entries] == [Damage] * 3
    assert batch.entries[0].found.why == "a broken seal"


def test_another_key_stops_reading_and_says_what_to_do(segment, sealer, tmp_path):
    other = Sealer.open(Home.open(tmp_path / "other"))
    path, _ = segment(key=other)
    with pytest.raises(KeyMismatch, match=r"put its keys/payload.key back, or move .*proxy-1"):
        segments.read(path, 0, closed=True, sealer=sealer)


@pytest.mark.parametrize("data", [b"", b"CFS", bytes(500)])
def test_a_segment_without_a_header_is_damage_once_it_is_closed(segment, sealer, data):
    path, _ = segment([])
    path.write_bytes(data)
    assert segments.read(path, 0, closed=False, sealer=sealer) == Batch((), False)
    closed = segments.read(path, 0, closed=True, sealer=sealer)
    assert closed.done and len(closed.entries) == (1 if data else 0)
    assert segments.read(path, len(data), closed=True, sealer=sealer) == Batch((), True)


def test_a_record_of_another_version_is_damage(segment, sealer, monkeypatch):
    monkeypatch.setattr(frames, "_ACCEPT", 9)
    path, _ = segment([dataclasses.replace(RECORDS[0])])
    batch = segments.read(path, 0, closed=True, sealer=sealer)
    assert found(batch)[0].why == "a record of another version"


def test_what_is_left_are_the_bytes_of_all_files_and_the_oldest_segment_that_ended(tmp_path):
    (tmp_path / "alive.lock").write_bytes(b"123")
    (tmp_path / "00000002.seg").write_bytes(b"4567")
    assert segments.left(tmp_path) == (7, 0.0)  # it is written to: nothing waits
    for number in (1, 3):
        (tmp_path / f"0000000{number}.seg").write_bytes(b"")
        os.utime(tmp_path / f"0000000{number}.seg", (number, number))
    assert segments.left(tmp_path) == (7, 1.0)
