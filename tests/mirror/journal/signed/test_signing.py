"""The signer's key: drawn once into a file that only its owner reads."""

import stat

import pytest

from mirror.journal.signed.note import Note, parse
from mirror.journal.signed.signing import SignerError, SigningKey, draw, is_signed, load

NAME = "crossfade/0123456789abcdef"


def test_a_key_signs_what_its_public_part_finds_good(tmp_path):
    key = SigningKey.of(NAME, draw(tmp_path / "key"))
    again = SigningKey.of(NAME, load(tmp_path / "key"))
    note = parse(key.sign("words\n"))
    assert again.public == key.public
    assert is_signed(note, NAME, key.public)
    other = SigningKey.of(NAME, bytes(32))
    assert not is_signed(note, NAME, other.public)
    assert not is_signed(note, "another", key.public)
    assert not is_signed(Note("other words\n", note.signatures), NAME, key.public)


def test_the_published_vector_of_ed25519_is_met():
    # RFC 8032 section 7.1, TEST 1: an empty message; a note's text never is, so the key is compared.
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert SigningKey.of(NAME, seed).public.hex() == public


def test_a_key_file_is_drawn_once_and_for_its_owner_alone(tmp_path):
    draw(tmp_path / "key")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        draw(tmp_path / "key")
    assert [one.name for one in tmp_path.iterdir()] == ["key"]


def test_a_key_file_that_is_gone_open_or_cut_short_is_told(tmp_path):
    file = tmp_path / "key"
    with pytest.raises(SignerError, match="restore it from its backup"):
        load(file)
    draw(file)
    file.chmod(0o640)
    with pytest.raises(SignerError, match="chmod 600"):
        load(file)
    file.chmod(0o600)
    file.write_bytes(b"short")
    with pytest.raises(SignerError, match="5 bytes where a key has 32"):
        load(file)
