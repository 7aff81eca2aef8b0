import hashlib
import os
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirror.journal.home import Home
from mirror.journal.seal import IN_COLUMN, SealBroken, Sealer

FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)


@FIXTURE
@given(plain=st.binary(max_size=200), context=st.text(max_size=20))
def test_what_is_sealed_is_unsealed(sealer, plain, context):
    assert sealer.unseal(sealer.seal(plain, context), context) == plain


@FIXTURE
@given(plain=st.binary(min_size=1, max_size=60), data=st.data())
def test_no_bit_can_be_changed(sealer, plain, data):
    sealed = bytearray(sealer.seal(plain, "e/request"))
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[at // 8] ^= 1 << at % 8
    with pytest.raises(SealBroken):
        sealer.unseal(bytes(sealed), "e/request")


def test_a_seal_fits_only_its_place_and_key(sealer, tmp_path):
    sealed = sealer.seal(b"blood pressure 120/80", "e1/request")
    assert b"120/80" not in sealed
    with pytest.raises(SealBroken, match="e2/request"):
        sealer.unseal(sealed, "e2/request")
    other = Sealer.open(Home.open(tmp_path / "other"))
    assert other.key_id != sealer.key_id
    with pytest.raises(SealBroken):
        other.unseal(sealed, "e1/request")


def test_the_same_text_is_never_sealed_to_the_same_bytes(sealer):
    assert sealer.seal(b"x", "c") != sealer.seal(b"x", "c")
    assert sealer.keep(b"x", "c").commitment != sealer.keep(b"x", "c").commitment


def test_a_commitment_is_the_hash_of_salt_and_payload(sealer):
    kept = sealer.keep(b"payload", "c")
    assert kept.commitment == hashlib.sha256(sealer.unseal(kept.column, "c")).hexdigest()
    assert kept.commitment != hashlib.sha256(b"payload").hexdigest()


@pytest.mark.parametrize("size", [0, IN_COLUMN, IN_COLUMN + 1, 3 * IN_COLUMN])
def test_payloads_of_any_size_are_kept(sealer, size):
    plain = b"x" * size
    kept = sealer.keep(plain, "c")
    assert sealer.reveal(kept.column, "c") == plain
    with pytest.raises(SealBroken):
        sealer.reveal(kept.column, "d")
    files = [path for path in sealer.blobs.rglob("*") if path.is_file()]
    assert len(files) == (size > IN_COLUMN)


def test_a_long_payload_is_a_sealed_file_that_tells_whose_it_is_to_who_knows(sealer):
    kept = sealer.keep(b"secret " * IN_COLUMN, "c")
    (file,) = (path for path in sealer.blobs.rglob("*") if path.is_file())
    sealed = file.read_bytes()
    assert sealer.files_of(["c"]) == {file} and sealer.files_of(["d"]) == set()
    assert file.name[32:] not in sealer.keep(b"secret " * IN_COLUMN, "c").column.hex()
    assert len(sealer.files_of(["c", "d"])) == 2
    assert b"secret" not in sealed and len(kept.column) == 33
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.unlink()
    with pytest.raises(SealBroken, match="is gone"):
        sealer.reveal(kept.column, "c")


def test_a_long_body_is_written_taken_in_and_read_from_its_column(sealer, tmp_path):
    body = [b"x" * 300_000, b"y" * 10]
    large, handle = sealer.write(tmp_path / "e.request", body, "e/request")
    os.close(handle)
    for _ in range(2):  # a drainer that was killed does it again
        sealer.adopt(tmp_path / "e.request", large)
    assert not (tmp_path / "e.request").exists()
    kept = sealer.pointer(large)
    assert kept.commitment == large.commitment
    assert sealer.large(kept.column) == large
    assert sealer.reveal(kept.column, "e/request") == b"".join(body)
    with pytest.raises(SealBroken, match="e2/request"):
        sealer.reveal(kept.column, "e2/request")


def test_a_short_payload_is_no_long_body(sealer):
    assert sealer.large(sealer.keep(b"x", "c").column) is None
    assert sealer.large(sealer.keep(bytes(IN_COLUMN + 1), "c").column) is None


def test_a_long_body_whose_file_is_gone_is_told(sealer, tmp_path):
    large, handle = sealer.write(tmp_path / "f", [b"x"], "c")
    os.close(handle)
    with pytest.raises(SealBroken, match="is gone"):
        sealer.reveal(sealer.pointer(large).column, "c")


def test_a_long_body_that_breaks_off_leaves_no_file(sealer, tmp_path):
    def breaking():
        yield b"x"
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        sealer.write(tmp_path / "f", breaking(), "c")
    assert not (tmp_path / "f").exists()


def test_a_fingerprint_is_the_same_for_the_same_text_and_key_alone(tmp_path):
    one, other = Sealer.open(Home.open(tmp_path / "a")), Sealer.open(Home.open(tmp_path / "b"))
    told = one.fingerprint(b"a token", "token")
    assert told == one.fingerprint(b"a token", "token")
    assert len(told) == 16
    others = {
        one.fingerprint(b"a token", "another use"),
        one.fingerprint(b"another", "token"),
        other.fingerprint(b"a token", "token"),
    }
    assert len(others | {told}) == 4


@pytest.mark.parametrize("length", [0, 5, 200_000])
def test_a_commitment_can_be_computed_again_from_what_is_kept(sealer, tmp_path, length):
    body = b"x" * length
    kept = sealer.keep(body, "a/served")
    assert sealer.commitment(kept.column, "a/served") == kept.commitment
    large, handle = sealer.write(tmp_path / "body", [body], "a/served")
    os.close(handle)
    sealer.adopt(tmp_path / "body", large)
    pointer = sealer.pointer(large)
    assert sealer.commitment(pointer.column, "a/served") == pointer.commitment
