"""The folder in which an export grows, and the archive: whole under its name, or not there."""

import io
import os
import stat
import tarfile

import pytest

from cutover.exports import archive
from cutover.exports.archive import Work, pack
from cutover.verifying.tarball import Archive


@pytest.fixture
def work(tmp_path):
    return Work.beside(tmp_path / "b.tar")


def test_a_file_that_failed_half_way_is_not_there(work):
    def half():
        with work.writing("events.jsonl") as file:
            file.write(b"half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        half()
    assert not work.has("events.jsonl")
    assert list(work.path.iterdir()) == []


def test_the_files_stand_in_the_order_of_a_bundle_and_what_is_not_of_it_is_left_out(work):
    for name in ("events.jsonl", "plan.json", "README.txt", "proofs/end.json", "keys.json"):
        work.write(name, name)
    assert work.files() == ["README.txt", "keys.json", "events.jsonl", "proofs/end.json"]
    assert work.listed("keys.json")["bytes"] == 9
    assert work.path.stat().st_mode & 0o077 == 0


def test_an_archive_is_its_owners_alone_whatever_the_umask(work, tmp_path):
    work.write("README.txt", "read")
    before = os.umask(0)
    try:
        pack(work, ["README.txt"], tmp_path / "b.tar", lambda done, of: None)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "b.tar").stat().st_mode) == 0o600


def test_the_archive_is_one_that_everybody_can_read(work, tmp_path):
    work.write("README.txt", "read")
    work.write("events.jsonl", "x" * 1000)
    told = []
    pack(work, work.files(), tmp_path / "b.tar", lambda done, of: told.append((done, of)))
    content = (tmp_path / "b.tar").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(content)) as known:
        assert known.getnames() == ["README.txt", "events.jsonl"]
    assert Archive(io.BytesIO(content)).faults == []
    assert told == [(1, 2), (2, 2)]


def test_an_archive_that_cannot_be_finished_leaves_the_old_one(work, tmp_path):
    (tmp_path / "b.tar").write_bytes(b"old")
    work.write("README.txt", "read")
    with pytest.raises(FileNotFoundError):
        pack(work, ["README.txt", "events.jsonl"], tmp_path / "b.tar", lambda *_: None)
    assert (tmp_path / "b.tar").read_bytes() == b"old"
    assert {one.name for one in tmp_path.iterdir()} == {"b.tar", "b.tar.work"}
    work.remove()
    assert not work.path.exists()


def test_a_folder_that_was_being_deleted_is_not_gone_on_with(tmp_path, monkeypatch):
    out = tmp_path / "b.tar"
    work = Work.beside(out)
    work.write("plan.json", "{}")

    def killed(path, **_):
        if path.exists():
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(archive.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            work.remove()
    assert not Work.beside(out).has("plan.json")
    work.remove()
    assert list(tmp_path.iterdir()) == []
