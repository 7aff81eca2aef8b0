"""What a verification found, check by check."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import cutover.verifying
from dashboards.clock import Clock
from dashboards.questions import verification
from dashboards.questions.verification import Finding, Key, Outcome, Report, checks

FOLDER = Path(cutover.verifying.__file__).parent
WHOLE = {
    "first_seq": 1,
    "last_seq": 9,
    "from_us": 0,
    "to_us": 1_795_234_200_000_000,
    "origin": "crossfade/0/a",
}


def report(*findings, code=1, **more):
    counts = {
        kind: sum(one.kind == kind for one in findings)
        for kind in ("tampered", "gap", "warning")
    }
    return Report(
        "tampered", code, findings, counts, more.pop("checked", {"events": 9}), **more
    )


def told(one):
    return {check.number: check.outcome for check in checks(one)}


def test_a_bundle_without_fault_passes_all_twelve():
    assert set(told(report(code=0, **WHOLE)).values()) == {Outcome.PASSED}
    noted = told(report(Finding("keys", "warning", "compare the ids"), code=0, **WHOLE))
    assert noted[2] is Outcome.NOTED


def test_what_is_wrong_is_told_where_it_belongs_and_the_worst_of_it_counts():
    found = told(
        report(Finding("tables", "gap", "x"), Finding("parquet", "tampered", "y"), **WHOLE)
    )
    assert (found[7], found[6]) == (Outcome.TAMPERED, Outcome.PASSED)
    assert told(report(Finding("moves", "tampered", "x"), **WHOLE))[9] is Outcome.TAMPERED
    assert told(report(Finding("digests", "gap", "x"), **WHOLE))[6] is Outcome.MISSING


def test_what_was_not_reached_is_never_said_to_hold():
    ended = told(report(Finding("archive", "tampered", "a link")))
    assert ended == {1: Outcome.TAMPERED} | dict.fromkeys(range(2, 13), Outcome.NOT_REACHED)
    manifest = told(report(Finding("manifest", "tampered", "no JSON")))
    assert (manifest[1], manifest[2], manifest[3]) == (
        Outcome.PASSED,
        Outcome.TAMPERED,
        Outcome.NOT_REACHED,
    )
    broken = told(
        report(Finding("lines", "tampered", "x"), Finding("egress", "gap", "y"), **WHOLE)
    )
    assert broken[4] is Outcome.TAMPERED
    assert broken[10] is Outcome.MISSING
    assert {broken[number] for number in (6, 7, 8, 9, 11, 12)} == {Outcome.NOT_FINISHED}


def test_every_check_that_the_verifier_names_is_one_of_the_twelve():
    text = (
        "\n".join(path.read_text() for path in FOLDER.glob("*.py"))
        + (FOLDER.parent / "exports" / "rechecking.py").read_text()
    )
    named = set(re.findall(r'(?:\.(?:add|gap|warn|tampered)|_guarded)\(\s*"(\w+)"', text))
    named |= set(re.findall(r'return "(moves)" if .* else "(approvals)"', text)[0])
    known = {name for _, _, names in verification._CHECKS for name in names}
    assert named - {"proof", "reports"} == known, "reports are of a folder, which nobody brings"


def test_a_proof_is_told_as_one():
    assert report(Finding("proof", "tampered", "x")).is_proof
    assert report(code=0, kind="crossfade.inclusion", event=5).is_proof
    assert not report(code=0, **WHOLE).is_proof


def test_a_finding_says_where_and_what_and_what_is_not_shown_is_counted():
    one = Finding("lines", "tampered", "it is not canonical", "events.jsonl", 1204, 1204)
    assert (
        verification.said(one) == "events.jsonl, line 1,204, event 1,204: it is not canonical"
    )
    assert (
        verification.said(Finding("archive", "gap", "no file is in it")) == "no file is in it"
    )
    many = Report("tampered", 1, (one,), {"tampered": 30, "gap": 1, "warning": 0}, {})
    assert verification.unsaid(many) == 30


def test_it_is_said_what_a_bundle_is_of_and_who_signed_it():
    key = Key("89ab", "cd" * 32)
    facts = dict(
        verification.facts(
            report(code=0, keys=(key,), end_size=9, end_root="ef", profile="redacted", **WHOLE),
            Clock(),
        )
    )
    assert facts["Events"] == "1 to 9"
    assert facts["To"] == "2026-11-21 04:10 UTC"
    assert facts["Signed by key"] == f"89ab, public {'cd' * 32}"
    assert facts["Looked at"] == "9 events"
    gone = replace(key, revoked_us=WHOLE["to_us"])
    (_, told), *_ = [
        one
        for one in verification.facts(report(keys=(gone,), **WHOLE), Clock())
        if one[0] == "Signed by key"
    ]
    assert told.endswith(", revoked 2026-11-21 04:10 UTC")
    assert verification.facts(report(checked={}), Clock()) == []
    beyond = report(**WHOLE | {"to_us": 2**60})
    assert dict(verification.facts(beyond, Clock()))["To"] == f"{2**60:,} µs since 1970"
    none = report(**WHOLE | {"first_seq": 5, "last_seq": 4})
    assert dict(verification.facts(none, Clock()))["Events"] == "none"


def test_every_outcome_has_a_sign_of_its_own_words():
    assert len(set(Outcome)) == len(Outcome)
    assert verification.verdict(report(code=2)).startswith("✗ Not whole")
    assert verification.verdict(report(code=9)) == "It could not be told (tampered)."
    assert [one.number for one in verification.every()] == list(range(1, 13))


def test_names_and_sizes_are_told_as_people_read_them():
    assert verification.size(1_200) == "1.2 kB"
    assert verification.size(64_000_000) == "64.0 MB"
    assert verification.named("../../etc/\u202epasswd") == "⟨U+202E⟩passwd"
    assert verification.named("") == "the file"
    body = {"findings": [{"what": "/dev/fd/7: longer", "line": 1}], "code": 1}
    assert verification.whose(body, "/dev/fd/7", "b.tar") == {
        "findings": [{"what": "b.tar: longer", "line": 1}],
        "code": 1,
    }
