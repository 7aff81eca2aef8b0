"""The manifest, and every file against it."""

import io
import json

import pytest
from bundles import bundle, busy, checked, kinds, packed, signed_anew, unpacked

from cutover.verifying.cells import FORM
from cutover.verifying.contents import read_manifest_of
from cutover.verifying.findings import Fault
from cutover.verifying.tarball import Archive
from mirror.journal.events import canonical


@pytest.fixture(scope="module")
def log():
    return busy()


@pytest.fixture(scope="module")
def files(log):
    return unpacked(bundle(log))


def test_a_file_that_is_not_listed_or_not_there_is_named(log, files):
    more = checked(packed({**files, "payloads.jsonl": b"{}\n"}))
    assert [(one.file, one.what) for one in more.findings if one.check == "files"] == [
        ("payloads.jsonl", "the manifest does not list it")
    ]
    fewer = checked(
        packed({name: text for name, text in files.items() if name != "custody.json"})
    )
    assert "custody.json" in [one.file for one in fewer.findings if one.check == "files"]


def test_a_changed_manifest_has_no_signature_and_a_changed_file_another_hash(files):
    said = json.loads(files["manifest.json"])
    other = json.dumps(
        {**said, "purpose": "none"}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert ("tampered", "signature") in kinds(
        checked(packed({**files, "manifest.json": other.encode()}))
    )
    assert ("tampered", "files") in kinds(
        checked(packed({**files, "custody.json": files["custody.json"][:-1] + b" "}))
    )


def test_a_manifest_of_another_bundle_does_not_fit(log, files):
    other = unpacked(bundle(log, purpose="other"))
    mixed = {**files, "manifest.sig": other["manifest.sig"]}
    assert ("tampered", "signature") in kinds(checked(packed(mixed)))


def test_a_manifest_of_a_later_form_is_said_to_need_a_newer_verifier(log, files):
    later = json.loads(files["manifest.json"]) | {"v": FORM + 1}
    (one,) = checked(packed({**files, "manifest.json": canonical(later).encode()})).findings
    assert f"of form {FORM + 1}" in one.what and "take a newer one" in one.what


@pytest.mark.parametrize(
    "changed",
    [{"v": FORM + 1}, {"v": 0}, {"v": True}, {"kind": "x"}, {"first_seq": 0}, {"last_seq": -5}, {"end_size": 1}, {"end_root": "00"}, {"origin": "x"},
     {"tenant": "other"}, {"from_us": True}, {"files": [{}]}, {"files": 3}, {"first_seq": "1"}, {"deployment": 7}],
)  # fmt: skip
def test_a_manifest_of_another_shape_is_refused_even_where_it_is_signed(log, files, changed):
    said = json.loads(files["manifest.json"])
    content = packed(
        {
            **files,
            "manifest.json": json.dumps(
                {**said, **changed}, sort_keys=True, separators=(",", ":")
            ).encode(),
        }
    )
    with pytest.raises(Fault):
        read_manifest_of(Archive(io.BytesIO(content)))


def test_a_revoked_key_signs_no_export_after_that(files):
    log = busy()
    log.keys = [
        log.signer.listed(until_us=log.heads[-1].at_us + 1, revoked_us=log.heads[-1].at_us)
    ]
    found = checked(bundle(log))
    assert {"signature", "keys"} <= {one.check for one in found.findings}
    assert found.code == 1


def test_signing_anew_what_was_not_changed_is_no_tamper(log, files):
    assert checked(signed_anew(log, files)).code == 0


@pytest.mark.parametrize(
    "name", ["custody.json", "verify.py", "summary.pdf", "auditevent.ndjson", "served.parquet"]
)
def test_who_signs_a_bundle_anew_leaves_no_file_out_unseen(log, files, name):
    fewer = {one: text for one, text in files.items() if one != name}
    report = checked(signed_anew(log, fewer))
    assert [(one.kind, one.file) for one in report.findings if one.check == "files"] == [
        ("gap", name)
    ]
    assert report.code == 2


def test_payloads_belong_into_a_full_bundle_and_into_no_other(log, files):
    more = checked(signed_anew(log, {**files, "payloads.jsonl": b""}))
    assert [(one.kind, one.file) for one in more.findings if one.check == "files"] == [
        ("tampered", "payloads.jsonl")
    ]
    manifest = {**json.loads(files["manifest.json"]), "profile": "full"}
    full = {**files, "manifest.json": json.dumps(manifest).encode()}
    fewer = checked(signed_anew(log, full))
    assert [(one.kind, one.file) for one in fewer.findings if one.check == "files"] == [
        ("gap", "payloads.jsonl")
    ]
