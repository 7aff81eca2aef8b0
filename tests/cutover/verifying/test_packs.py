"""Packs: a bundle, its reports, and the proof that lists all of them."""

import hashlib
import json
import os
import shutil
from base64 import b64encode

import pytest
from bundles import START_US, MemoryLog, Signer, asked, bundle, busy, kinds

from cutover.exports.manifesting import keys as listed
from cutover.verifying.packs import (
    PACK_BUNDLE,
    PACK_EVENT,
    PACK_FILES,
    PACK_PROOF,
    PACK_REPORTS,
    verify_pack,
)
from mirror.journal.signed.merkle import consistency_path, inclusion_path


def told(folder, log, **changed):
    """The details of the event that lists a folder."""
    files = []
    for name in sorted(os.listdir(folder)):
        content = (folder / name).read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        files.append({"name": name, "bytes": len(content), "sha256": sha256})
    whole = asked(log)
    return {"from_us": whole.from_us, "to_us": whole.to_us, "files": files} | changed


def proof(log, details, type=PACK_EVENT, **changed):
    """The proof of an event that a log is given, and its checkpoint."""
    size = log.covering(1).size if not log.heads else log.heads[-1].size
    log.add(type, details, kind="human", name="os:siti", of=("report", "q"), reason="audit")
    log.sign()
    seq = many = len(log.events)
    said = {
        "kind": "crossfade.inclusion",
        "event": log.events[seq - 1],
        "index": seq - 1,
        "size": many,
        "path": [one.hex() for one in inclusion_path(seq - 1, many, log.subtree())],
        "checkpoint": log.heads[-1].note,
        "keys": json.loads(listed(log)),
        "extends": {
            "size": size,
            "path": [one.hex() for one in consistency_path(size, many, log.subtree())],
        },
    }
    return json.dumps(said | changed).encode()


def filled(folder, log):
    """A folder with a bundle of a log, and what stands for reports."""
    folder.mkdir(exist_ok=True)
    (folder / PACK_BUNDLE).write_bytes(bundle(log))
    for name in PACK_REPORTS:
        (folder / name).write_text(f"what {name} says of patients\r\n" * 3)
    return folder


def a_pack(folder, log=None):
    """A whole pack, and its log."""
    log = log or busy()
    filled(folder, log)
    (folder / PACK_PROOF).write_bytes(proof(log, told(folder, log)))
    return log


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("honest") / "pack"
    return folder, a_pack(folder)


@pytest.fixture
def folder(honest, tmp_path):
    """A copy to be tampered with."""
    return shutil.copytree(honest[0], tmp_path / "pack")


def checked(folder, **more):
    return verify_pack(str(folder), **more)


def named(report):
    """The files that faults name, and the exit code."""
    return report.code, {one.file for one in report.findings if one.kind != "warning"}


def test_an_honest_pack_is_valid_and_says_who_made_its_reports(honest):
    folder, log = honest
    report = checked(folder)
    assert named(report) == (0, set())
    assert report.facts["reports"]["event"] == len(log.events)
    assert report.facts["reports"]["by"] == "os:siti"
    assert (report.checked["files of the pack"], report.checked["proofs"]) == (7, 1)
    keys = listed(log).encode()
    kept = (("old.note", log.heads[0].note.encode()),)
    assert named(checked(folder, pinned=keys, kept=kept)) == (0, set())


@pytest.mark.parametrize("name", PACK_FILES)
def test_a_changed_file_is_named(folder, name):
    path = folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    code, files = named(checked(folder))
    assert code == 1 and name in files
    if name != PACK_BUNDLE:  # whose own files are named too
        assert files == {name}


@pytest.mark.parametrize("name", PACK_FILES)
def test_a_file_that_is_cut_short_or_longer_is_named(folder, name):
    content = (folder / name).read_bytes()
    for other in (content[:-1], content + b"\n", b""):
        (folder / name).write_bytes(other)
        code, files = named(checked(folder))
        assert code in (1, 2) and name in files


@pytest.mark.parametrize("name", PACK_FILES)
def test_a_missing_file_is_named_and_makes_the_pack_not_whole(folder, name):
    (folder / name).unlink()
    assert named(checked(folder)) == (2, {name})


@pytest.mark.parametrize("name", PACK_FILES)
def test_what_is_no_plain_file_is_not_followed(folder, name, tmp_path):
    (folder / name).replace(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    code, files = named(checked(folder))
    assert code in (1, 2) and name in files


def test_files_that_changed_their_places_are_both_named(folder):
    (folder / "egress.csv").replace(folder / "x")
    (folder / "access.csv").replace(folder / "egress.csv")
    (folder / "x").replace(folder / "access.csv")
    assert named(checked(folder)) == (1, {"access.csv", "egress.csv"})


def test_an_additional_file_or_folder_is_named(folder):
    (folder / "egress-2.csv").write_text("nothing left")
    (folder / "more").mkdir()
    assert named(checked(folder)) == (1, {"egress-2.csv", "more"})


def test_what_comes_into_a_folder_by_itself_is_a_note_alone(folder):
    for name in (".DS_Store", "verify.py"):
        (folder / name).write_text("")
    report = checked(folder)
    assert report.code == 0
    notes = {one.file for one in report.findings if one.check == "reports"}
    assert notes == {".DS_Store", "verify.py"}


def test_a_pack_without_its_proof_is_not_whole_whatever_else_is_there(folder, tmp_path):
    (folder / PACK_PROOF).unlink()
    report = checked(folder)
    assert named(report) == (2, {PACK_PROOF})
    assert "the pack is not whole" in str(report.findings[-1])
    (tmp_path / "empty").mkdir()
    assert named(checked(tmp_path / "empty")) == (2, {PACK_PROOF, PACK_BUNDLE})


def test_every_bit_of_the_proof_counts(folder, honest):
    whole = (folder / PACK_PROOF).read_bytes()
    said = json.loads(whole)
    event = said["event"].replace(told(folder, honest[1])["files"][0]["sha256"], "0" * 64)
    for changed in (
        said | {"event": said["event"].replace("os:siti", "os:sita")},
        said | {"event": event},
        said | {"index": said["index"] - 1},
        said | {"path": said["path"][:-1]},
        said | {"extends": {"size": said["extends"]["size"] - 1, "path": []}},
        {name: said[name] for name in said if name != "extends"},
        said | {"extends": None},
        said | {"kind": "crossfade.consistency"},
        said | {"keys": []},
    ):
        assert changed != said
        (folder / PACK_PROOF).write_text(json.dumps(changed))
        assert named(checked(folder)) == (1, {PACK_PROOF})
    (folder / PACK_PROOF).write_bytes(whole[:-20])
    assert named(checked(folder)) == (1, {PACK_PROOF})
    (folder / PACK_PROOF).unlink()
    (folder / PACK_PROOF).symlink_to("access.csv")
    assert named(checked(folder)) == (1, {PACK_PROOF})


@pytest.mark.parametrize(
    ("type", "changed", "code", "files"),
    [
        ("export.created", {}, 1, {PACK_PROOF}),
        (PACK_EVENT, {"to_us": START_US}, 1, {PACK_PROOF}),
        (PACK_EVENT, {"files": "all of them"}, 1, {PACK_PROOF}),
        (PACK_EVENT, {"files": [{"name": "../x", "bytes": 1, "sha256": "0" * 64}]}, 1, {PACK_PROOF}),
        (PACK_EVENT, {"files": [{"name": "x", "bytes": "1", "sha256": "0" * 64}]}, 1, {PACK_PROOF}),
        (PACK_EVENT, {"files": []}, 1, set(PACK_FILES)),
    ],
)  # fmt: skip
def test_an_event_that_lists_no_pack_is_none(tmp_path, type, changed, code, files):
    log = busy()
    folder = filled(tmp_path / "pack", log)
    (folder / PACK_PROOF).write_bytes(proof(log, told(folder, log, **changed), type))
    assert named(checked(folder)) == (code, files)


def test_a_pack_that_lists_less_than_every_pack_has_is_not_whole(tmp_path):
    log = busy()
    folder = filled(tmp_path / "pack", log)
    for name in PACK_REPORTS:
        (folder / name).unlink()
    (folder / PACK_PROOF).write_bytes(proof(log, told(folder, log)))
    assert named(checked(folder)) == (2, set(PACK_REPORTS))


def test_the_reports_and_the_proof_of_another_log_do_not_pass_for_these(folder, tmp_path):
    a_pack(tmp_path / "other", busy(MemoryLog(tenant="other")))
    for name in (*PACK_REPORTS, PACK_PROOF):
        shutil.copy(tmp_path / "other" / name, folder / name)
    report = checked(folder)
    assert named(report) == (1, {PACK_PROOF, PACK_BUNDLE})
    assert "/other, and the bundle is of" in str(report.findings[1])


def test_another_bundle_of_the_same_log_is_not_the_one_that_was_listed(folder, honest):
    log = busy()
    (folder / PACK_BUNDLE).write_bytes(bundle(log, purpose="another"))
    assert named(checked(folder)) == (1, {PACK_BUNDLE})


def test_whoever_signs_other_reports_with_a_key_of_their_own_is_found_by_the_bundles(folder):
    thief = busy(MemoryLog(signer=Signer(b"\x07" * 32)))
    (folder / "egress.csv").write_text("nothing left")
    (folder / PACK_PROOF).unlink()
    made = proof(thief, told(folder, thief))
    (folder / PACK_PROOF).write_bytes(made)
    report = checked(folder)
    assert named(report) == (1, {PACK_PROOF})
    assert "keys.json of bundle.tar" in str(report.findings[-1])


def test_a_log_that_was_written_anew_behind_the_bundles_back_does_not_extend_it(folder):
    stolen = busy(rounds=4)  # the same key, another log
    (folder / PACK_PROOF).unlink()
    (folder / PACK_PROOF).write_bytes(proof(stolen, told(folder, stolen)))
    report = checked(folder)
    assert kinds(report) == {("tampered", "reports")}
    assert "not shown to be the beginning" in str(report.findings[-1])


def test_a_key_that_came_after_the_bundles_is_vouched_for_by_it(tmp_path):
    log = busy()
    folder = filled(tmp_path / "pack", log)
    next = Signer(b"\x09" * 32)
    line = f"{next.id.hex()} {b64encode(next.public).decode()}"
    statement = log.signer.note(f"crossfade signing key\n{line}\n")
    old = log.signer.listed(until_us=log.at_us)
    log.signer, log.keys = next, [old, next.listed(log.at_us, statement=statement)]
    (folder / PACK_PROOF).write_bytes(proof(log, told(folder, log)))
    assert named(checked(folder)) == (0, set())


def test_a_proof_of_a_revoked_key_is_not_told_to_be_valid(tmp_path):
    log = busy()
    folder = filled(tmp_path / "pack", log)
    log.keys = [log.signer.listed(revoked_us=log.at_us + 10**12)]
    (folder / PACK_PROOF).write_bytes(proof(log, told(folder, log)))
    assert named(checked(folder)) == (2, {PACK_PROOF})
    (folder / "egress.csv").write_text("nothing left")
    assert named(checked(folder)) == (1, {PACK_PROOF, "egress.csv"})
