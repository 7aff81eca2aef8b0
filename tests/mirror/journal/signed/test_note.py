"""Signed notes: the form of C2SP, and that nothing else passes as one."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.journal.signed.note import (
    KEY_GRACE_US,
    Checkpoint,
    Note,
    NoteInvalid,
    Signature,
    deployment_name,
    digest_text,
    key_fault,
    key_id,
    manifest_text,
    origin_of,
    parse,
    read_digest,
    read_manifest,
)

ROOT = hashlib.sha256(b"").digest()
NAME = "crossfade/0123456789abcdef"
SIGNED = Signature(NAME, b"\0\1\2\3", bytes(range(64)))
TEXT = Checkpoint(f"{NAME}/clinic", 12, ROOT).text()
HASH = "ab" * 32


def test_a_note_reads_as_the_standard_writes_it():
    assert str(Note(TEXT, (SIGNED,))) == (
        "crossfade/0123456789abcdef/clinic\n12\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"
        "— crossfade/0123456789abcdef "
        + base64.b64encode(b"\0\1\2\3" + bytes(range(64))).decode()
        + "\n"
    )


def test_a_key_id_is_the_published_one():
    # The example of the Go checksum database: sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8
    key = base64.b64decode("Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
    assert key_id("sum.golang.org", key[1:]).hex() == "033de0ae"


@given(st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32))
def test_what_is_written_is_read_again(size, root):
    found = Checkpoint(origin_of("0123456789abcdef", "clinic"), size, root)
    note = Note(found.text(), (SIGNED, Signature("auditor", b"abcd", bytes(64))))
    again = parse(str(note).encode())
    assert (again, Checkpoint.read(again.text)) == (note, found)
    assert again.by(NAME, b"\0\1\2\3") == [SIGNED.signature]
    assert again.by(NAME, b"\0\1\2\4") == again.by("other", b"\0\1\2\3") == []


@given(st.data())
def test_a_changed_byte_is_another_note_or_none(data):
    whole = str(Note(TEXT, (SIGNED,))).encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda one: one != whole[at]))
    try:
        found = parse(whole[:at] + bytes([byte]) + whole[at + 1 :])
    except NoteInvalid:
        return
    assert found != parse(whole)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_note_or_refused(content):
    try:
        note = parse(content)
    except NoteInvalid:
        return
    assert str(note).encode() == content


GOOD = str(Note(TEXT, (SIGNED,)))


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("", "an empty line and signatures"),
        (TEXT, "an empty line and signatures"),
        (TEXT + "\n", "an empty line and signatures"),
        ("\n\n" + SIGNED.line(), "an empty line and signatures"),
        (GOOD[:-1], "an empty line and signatures"),
        (GOOD + "\n", "an empty line and signatures"),
        (GOOD + " ", "an empty line and signatures"),
        (GOOD.replace("— ", "- "), "no signature"),
        (GOOD.replace("— ", "—  "), "no signature"),
        (GOOD + SIGNED.line(), "twice"),
        (GOOD + SIGNED.line().replace(" ", "  "), "no signature"),
        (GOOD.replace("\n", "\r\n"), "control character"),
        (GOOD + "x" * 70_000, "longer"),
        (GOOD.encode()[:-80] + b"\xff\n", "UTF-8"),
        (TEXT + "\n— name AAAA\n", "68"),
        (TEXT + "\n— name A?\n", "not base64"),
        (TEXT + "\n" + "".join(Signature(f"n{i}", b"abcd", bytes(64)).line() for i in range(17)), "more than"),
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused_with_its_reason(note, told):
    with pytest.raises(NoteInvalid, match=told):
        parse(note)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\n1\n", "3 lines"),
        (TEXT + "extension\n", "3 lines"),
        (TEXT[:-1], "3 lines"),
        (TEXT.replace("12", "012"), "plainly"),
        (TEXT.replace("12", "-1"), "plainly"),
        (TEXT.replace("12", "9999999999999999"), "plainly"),
        (TEXT.replace("\n12", "\n١٢"), "plainly"),
        (TEXT.replace("clinic", "a b"), "not a name"),
        (TEXT.replace("uFU=", "uFV="), "as everybody"),
        ("a\n1\nAAAA\n", "32 bytes"),
    ],
)
def test_what_is_no_checkpoint_is_refused_with_its_reason(text, told):
    with pytest.raises(NoteInvalid, match=told):
        Checkpoint.read(text)


def test_digests_and_manifests_have_texts_that_no_checkpoint_has():
    origin = origin_of("0123456789abcdef", "clinic")
    assert read_digest(digest_text(origin, 7, HASH)) == (origin, 7, HASH)
    assert read_manifest(manifest_text(origin, HASH)) == (origin, HASH)
    assert origin_of("0123456789abcdef", "") == deployment_name("0123456789abcdef") == NAME
    for reading, text in (
        (Checkpoint.read, digest_text(origin, 7, HASH)),
        (Checkpoint.read, manifest_text(origin, HASH)),
        (read_digest, TEXT),
        (read_digest, digest_text(origin, 7, "AB" * 32)),
        (read_manifest, manifest_text(origin, "")),
        (read_manifest, digest_text(origin, 7, HASH)),
        (read_manifest, f"{origin}\n{HASH}\n"),
    ):
        with pytest.raises(NoteInvalid):
            reading(text)


@pytest.mark.parametrize(
    ("until_us", "revoked_us", "at_us", "why"),
    [
        (0, 0, 2**52, ""),
        (100, 0, 99 + KEY_GRACE_US, ""),
        (100, 0, 100 + KEY_GRACE_US, "no longer in use"),
        # Revoked at once behind its end: what two clocks say of those minutes tells nothing.
        (100, 101, 102, ""),
        (100, 101, 100 + KEY_GRACE_US, "was revoked before"),
        (100, 2 * KEY_GRACE_US, 100 + KEY_GRACE_US, "no longer in use"),
        (100, 2 * KEY_GRACE_US, 2 * KEY_GRACE_US, "was revoked before"),
        # A reader's own list may know of a revocation and of no end.
        (0, 50, 49, ""),
        (0, 50, 50, "was revoked before"),
        (100, 50, 50, "was revoked before"),
    ],
)
def test_what_a_key_cannot_have_signed_is_told(until_us, revoked_us, at_us, why):
    said = key_fault("ab12", until_us, revoked_us, at_us)
    assert why in said and bool(said) == bool(why)
