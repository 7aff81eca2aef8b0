"""The manifest over the files that were made."""

import json

from bundles import Signer, asked, bundle, busy, unpacked

from cutover.exports import manifesting
from cutover.exports.archive import Work
from cutover.exports.planned import planned


def test_it_lists_every_file_with_its_rows_and_reads_no_clock(tmp_path):
    log = busy()
    work = Work.beside(tmp_path / "b.tar")
    for name in ("README.txt", "events.jsonl", "manifest.json"):
        work.write(name, name)
    manifesting.count(work, {"events.jsonl": 7})
    manifesting.count(work, {"README.txt": 0})
    plan = planned(log, asked(log), "1", log.heads[-1])
    said = json.loads(manifesting.written(work, plan))
    assert [(one["path"], one.get("rows")) for one in said["files"]] == [
        ("README.txt", 0),
        ("events.jsonl", 7),
    ]
    assert said["as_of_us"] == log.heads[-1].at_us


def test_keys_are_listed_with_base64_and_their_times():
    (one,) = json.loads(unpacked(bundle(busy()))["keys.json"])
    assert one.keys() == {
        "id",
        "name",
        "public",
        "since_us",
        "until_us",
        "revoked_us",
        "statement",
    }


def test_whether_a_key_that_signed_is_listed_is_told():
    log = busy()
    note = log.signer.note("x\n")
    assert manifesting.lists(manifesting.keys(log), note)
    assert not manifesting.lists("[]", note)
    assert not manifesting.lists(manifesting.keys(log), Signer(b"\x09" * 32).note("x\n"))
