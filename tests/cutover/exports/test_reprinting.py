"""The papers of a bundle, held against its events and its manifest by the version that made it."""

import json

import pytest
from bundles import bundle, busy, checked, packed, signed_anew, unpacked

from cutover.exports.reprinting import check_papers

BUILD = "0.7.0"  # that of the bundles of tests


@pytest.fixture(scope="module")
def log():
    return busy()


@pytest.fixture(scope="module")
def files(log):
    return unpacked(bundle(log))


def looked_at(tmp_path, content, build=BUILD):
    path = tmp_path / "b.tar"
    path.write_bytes(content)
    report = checked(content)
    assert report.code == 0
    check_papers(path, report, build)
    return report


def said(report):
    return [(one.kind, one.file, one.line) for one in report.findings if one.check == "papers"]


def test_the_papers_of_an_honest_bundle_are_made_again_alike(files, tmp_path):
    report = looked_at(tmp_path, packed(files))
    assert said(report) == []
    assert report.checked["papers"] == 6
    assert report.checked["lines of FHIR"] == files["auditevent.ndjson"].count(b"\n")


LIES = [
    ("README.txt", b"verify", b"believe", "tampered"),
    ("custody.json", b'"what": "exported"', b'"what": "destroyed"', "tampered"),
    ("s90A-certificate.txt", b"computer", b"scribe", "tampered"),
    ("verify.py", b"import hashlib", b"import hashlib  # and nothing else", "tampered"),
    ("summary.html", b"What crossfade recorded", b"What crossfade forgot", "tampered"),
    ("summary.html", b"svg+xml;base64,", b"svg+xml;base64,AAAA", "warning"),
    ("auditevent.ndjson", b'"AuditEvent"', b'"Nothing"', "tampered"),
]


@pytest.mark.parametrize("lie", LIES)
def test_a_paper_that_says_something_else_is_named_though_its_key_signed_it(
    log, files, tmp_path, lie
):
    name, there, instead, kind = lie
    assert there in files[name]
    changed = {**files, name: files[name].replace(there, instead, 1)}
    report = looked_at(tmp_path, signed_anew(log, changed))
    assert [one[:2] for one in said(report)] == [(kind, name)]
    assert report.code == (1 if kind == "tampered" else 0)


def test_the_line_that_differs_is_named(log, files, tmp_path):
    lines = files["README.txt"].split(b"\n")
    lines[4] += b" not"
    lie = signed_anew(log, {**files, "README.txt": b"\n".join(lines)})
    assert said(looked_at(tmp_path, lie)) == [("tampered", "README.txt", 5)]
    more = signed_anew(log, {**files, "README.txt": files["README.txt"] + b"More.\n"})
    (found,) = said(looked_at(tmp_path, more))
    assert found[2] == files["README.txt"].count(b"\n") + 1


def test_lines_that_no_event_gives_and_a_leaflet_drawn_otherwise_are_told(log, files, tmp_path):
    twice = files["auditevent.ndjson"] + files["auditevent.ndjson"].splitlines(True)[0]
    manifest = json.loads(files["manifest.json"])
    for one in manifest["files"]:
        if one["path"] == "auditevent.ndjson":
            one["rows"] += 1
    lie = {**files, "auditevent.ndjson": twice, "manifest.json": json.dumps(manifest).encode()}
    (found,) = said(looked_at(tmp_path, signed_anew(log, lie)))
    assert found[:2] == ("tampered", "auditevent.ndjson")
    drawn = signed_anew(log, {**files, "summary.pdf": files["summary.pdf"] + b"\n"})
    assert said(looked_at(tmp_path, drawn)) == [("warning", "summary.pdf", 0)]


def test_a_manifest_that_says_something_else_of_its_profile_is_named(log, files, tmp_path):
    manifest = json.loads(files["manifest.json"])
    manifest["redaction"]["payloads"] = "none was ever kept"
    lie = {**files, "manifest.json": json.dumps(manifest).encode()}
    assert said(looked_at(tmp_path, signed_anew(log, lie))) == [
        ("tampered", "manifest.json", 0)
    ]


def test_what_another_version_made_is_told_and_not_made_again(files, tmp_path):
    report = looked_at(tmp_path, packed(files), "0.8.0")
    assert said(report) == [("warning", "manifest.json", 0)]
    assert "made by crossfade 0.7.0, and this is 0.8.0" in report.findings[-1].what
    assert "papers" not in report.checked


def test_a_bundle_with_a_fault_is_not_looked_at(log, files, tmp_path):
    path = tmp_path / "b.tar"
    path.write_bytes(packed(files))
    report = checked(packed({**files, "README.txt": b"no"}))
    before = len(report.findings)
    check_papers(path, report, BUILD)
    assert len(report.findings) == before
