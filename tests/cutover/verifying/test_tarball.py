"""The archive, against Python's own `tarfile`, and what is refused of it."""

import io
import tarfile

import pytest
from bundles import packed

from cutover.verifying.findings import Fault
from cutover.verifying.tarball import (
    LARGEST_FILE,
    LONGEST_LINE,
    TAR_BLOCK,
    Archive,
    tar_header,
    tar_place,
)

FILES = {"README.txt": b"read me\n", "verify.py": b"", "events.jsonl": b"one\ntwo\n" * 100}


def faults(content):
    return [(one.file, one.what, one.kind) for one in Archive(io.BytesIO(content)).faults]


def tar(*entries):
    """By `tarfile`, with the fields of a header as they are given."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for fields in entries:
            info = tarfile.TarInfo(fields.get("name", "README.txt"))
            for name, value in fields.items():
                setattr(info, name, value)
            archive.addfile(info, io.BytesIO(bytes(info.size)))
    return out.getvalue()


def test_its_files_are_read_as_tarfile_reads_them():
    content = packed(FILES)
    archive = Archive(io.BytesIO(content))
    assert (archive.faults, archive.order) == ([], list(FILES))
    with tarfile.open(fileobj=io.BytesIO(content)) as known:
        for one in known.getmembers():
            assert (one.mode, one.mtime, one.uid, one.gid) == (0o644, 0, 0, 0)
            assert known.extractfile(one).read() == archive.content(one.name, 10_000)
    assert list(archive.lines("events.jsonl")) == [b"one", b"two"] * 100


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, "a symbolic link"),
        ({"type": tarfile.LNKTYPE, "linkname": "keys.json"}, "a hard link"),
        ({"type": tarfile.CHRTYPE}, "a device"),
        ({"type": tarfile.BLKTYPE}, "a device"),
        ({"type": tarfile.FIFOTYPE}, "a pipe"),
        ({"type": tarfile.DIRTYPE}, "a folder"),
        ({"name": "../../etc/passwd"}, "leads out"),
        ({"name": "/etc/passwd"}, "leads out"),
        ({"name": "checkpoints/../../x"}, "leads out"),
        ({"name": "evil.exe"}, "not belong"),
    ],
)
def test_what_could_act_on_who_unpacks_is_refused(fields, words):
    begun = packed({"README.txt": b"x"})[: -2 * TAR_BLOCK]
    found = faults(begun + tar({"mode": 0o644, **fields}))
    assert any(words in what and kind == "tampered" for _, what, kind in found)


def test_a_header_of_another_dialect_is_no_header_of_ours():
    for fields in ({"mtime": 1}, {"uid": 1}, {"mode": 0o755}, {"uname": "root"}):
        assert "its header is not as crossfade writes it" in [
            what for _, what, _ in faults(tar({"mode": 0o644, **fields}))
        ]


def test_a_file_twice_or_in_another_place_is_named():
    twice = packed({"README.txt": b"1"})[: -2 * TAR_BLOCK] + packed({"README.txt": b"2"})
    assert ("README.txt", "the archive holds it twice", "tampered") in faults(twice)
    other = packed({"README.txt": b"", "events.jsonl": b"", "verify.py": b""})
    assert [file for file, _, _ in faults(other)] == ["verify.py"]


def test_an_archive_that_is_cut_short_anywhere_misses_something():
    content = packed(FILES)
    for many in range(TAR_BLOCK, len(content), 97):
        ((_, _, kind),) = faults(content[:many])
        assert kind == "gap", many


def test_a_size_beyond_the_archive_is_no_bomb():
    content = tar_header("README.txt", LARGEST_FILE) + b"few"
    ((file, what, kind),) = faults(content)
    assert (file, kind) == ("README.txt", "gap")
    assert "cut short" in what
    with pytest.raises(ValueError, match="do not fit"):
        tar_header("README.txt", LARGEST_FILE + 1)


def test_a_line_without_an_end_or_without_measure_is_refused():
    long = packed({"README.txt": b"", "events.jsonl": b"x" * (LONGEST_LINE + 600_000) + b"\n"})
    for content, line in ((packed({**FILES, "events.jsonl": b"a\nb"}), 2), (long, 1)):
        with pytest.raises(Fault) as fault:
            list(Archive(io.BytesIO(content)).lines("events.jsonl"))
        assert (fault.value.file, fault.value.line) == ("events.jsonl", line)


def test_a_long_file_is_not_read_whole_where_a_short_one_is_due():
    with pytest.raises(Fault, match="at most 10 are read"):
        Archive(io.BytesIO(packed(FILES))).content("events.jsonl", 10)
    with pytest.raises(Fault, match="not in the bundle"):
        Archive(io.BytesIO(packed(FILES))).content("keys.json", 10)


def test_every_file_of_a_bundle_has_its_place():
    names = ["README.txt", "manifest.sig", "checkpoints/end.note", "checkpoints/000000000007.note",
             "digests/20261126T13Z.json", "digests/20261126T13Z.sig", "events.jsonl", "served.parquet",
             "payloads.jsonl"]  # fmt: skip
    assert sorted(names, key=tar_place) == names
    assert tar_place("digests/today.json") is tar_place("x") is None
