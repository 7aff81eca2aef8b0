"""PEM files, what is wrong with them, and what stays while they are faulty."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from pki import Authority

from mirror.proxy.front.certificates import CertificateFault, Kept, certificates, credentials


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    return Authority(folder, "ca").server(folder)


def test_a_certificate_and_its_key_are_read(written):
    found = credentials(written.certificate, written.key)
    assert found.chain == (written.value,)
    assert "PRIVATE" not in repr(found)


def test_those_between_the_certificate_and_its_root_are_kept_in_order(tmp_path):
    authority = Authority(tmp_path, "ca")
    server = authority.server(tmp_path)
    both = tmp_path / "chain.pem"
    both.write_bytes(server.certificate.read_bytes() + authority.file.read_bytes())
    assert certificates(both) == (server.value, authority.written.value)


def fault(certificate, key):
    with pytest.raises(CertificateFault) as told:
        credentials(certificate, key)
    assert "\n" not in str(told.value)
    return str(told.value)


def test_each_fault_names_the_file_and_what_to_do(written, tmp_path):
    nothing = tmp_path / "nothing.pem"
    assert (
        fault(nothing, written.key) == f"{nothing}: cannot be read: No such file or directory"
    )
    nothing.write_text("hello")
    assert "holds no certificate in PEM form" in fault(nothing, written.key)
    nothing.chmod(0o600)
    assert "holds no private key in PEM form" in fault(written.certificate, nothing)
    other = Authority(tmp_path, "other")
    assert "is not the key of the certificate in" in fault(
        written.certificate, other.written.key
    )


def test_a_key_that_everybody_may_read_is_refused(written, tmp_path):
    key = tmp_path / "open.key"
    key.write_bytes(written.key.read_bytes())
    key.chmod(0o644)
    assert f"run: chmod o= {key}" in fault(written.certificate, key)
    key.chmod(0o640)  # a group for it is common
    assert credentials(written.certificate, key)


def test_a_locked_key_is_refused_with_the_way_to_unlock_it(written, tmp_path):
    key = serialization.load_pem_private_key(written.key.read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.touch(mode=0o600)
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"pass"),
        )
    )
    assert "openssl pkey -in" in fault(written.certificate, locked)


def reading(file):
    """What a file says; `bad` is a fault, and everything is due at 100 seconds."""

    def read(now_s):
        text = file.read_text() if file.exists() else "bad"
        if text == "bad":
            raise CertificateFault("it is bad")
        return f"{text}@{now_s:g}", 100.0

    return read


def change(file: Path, text):
    draft = file.with_suffix(".new")
    draft.write_text(text)
    os.replace(draft, file)


def test_what_changed_is_read_anew_and_the_last_good_stays_while_it_is_faulty(tmp_path):
    file = tmp_path / "x"
    file.write_text("one")
    kept = Kept((file,), reading(file), now_s=1)
    kept.look(2)
    assert (kept.value, kept.fault) == ("one@1", "")
    change(file, "bad")
    kept.look(3)
    assert (kept.value, kept.fault) == ("one@1", "it is bad")
    file.unlink()
    kept.look(4)
    assert kept.value == "one@1"
    change(file, "two")
    kept.look(5)
    assert (kept.value, kept.fault) == ("two@5", "")


def test_a_fault_is_logged_once_and_its_end_too(tmp_path, caplog):
    file = tmp_path / "x"
    file.write_text("one")
    kept = Kept((file,), reading(file), now_s=1)
    change(file, "bad")
    for now_s in (2, 3, 4):
        kept.look(now_s)
    assert caplog.messages == ["it is bad; the last good one stays in use"]


def test_what_is_due_is_made_anew_from_the_same_files(tmp_path):
    file = tmp_path / "x"
    file.write_text("one")
    kept = Kept((file,), reading(file), now_s=1)
    kept.look(100)
    assert kept.value == "one@100"


def test_without_a_good_one_to_begin_with_there_is_nothing(tmp_path):
    file = tmp_path / "x"
    file.write_text("bad")
    with pytest.raises(CertificateFault):
        Kept((file,), reading(file), now_s=1)
