import hashlib
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


def test_a_long_payload_is_a_sealed_file_named_by_its_hash(sealer):
    kept = sealer.keep(b"secret " * IN_COLUMN, "c")
    (file,) = (path for path in sealer.blobs.rglob("*") if path.is_file())
    sealed = file.read_bytes()
    assert file.name == hashlib.sha256(sealed).hexdigest()
    assert b"secret" not in sealed and len(kept.column) == 33
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.unlink()
    with pytest.raises(SealBroken, match="is gone"):
        sealer.reveal(kept.column, "c")
