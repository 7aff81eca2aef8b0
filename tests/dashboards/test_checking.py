"""Bundles that somebody brought, looked at in a process of its own that is bounded."""

from __future__ import annotations

import gzip
import io
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest
from bundles import bundle, busy

from dashboards import checking
from dashboards.checking import Untried, verify
from dashboards.questions.verification import Outcome, Report, checks


@pytest.fixture(scope="module")
def log():
    return busy()


@pytest.fixture(scope="module")
def honest(log):
    return bundle(log)


def outcomes(report):
    assert isinstance(report, Report), report
    return {check.number: check.outcome for check in checks(report)}


def test_an_honest_bundle_holds_in_all_twelve_checks(honest, log):
    report = verify(honest, "C:\\fakepath/quarter.tar", note=log.heads[0].note)
    assert report.code == 0
    assert set(outcomes(report).values()) <= {Outcome.PASSED, Outcome.NOTED}
    assert report.checked["events"] == len(log.events)
    assert report.origin == log.origin


def test_an_old_checkpoint_of_a_log_that_was_written_anew_is_told(honest):
    other = busy(rounds=4)
    report = verify(honest, "b.tar", note=other.heads[0].note)
    assert report.code != 0 if isinstance(report, Report) else report.sentence
    assert isinstance(verify(honest, "b.tar", note="not a note"), Untried)


def test_what_is_pasted_without_its_last_line_end_is_the_same_note(honest, log):
    pasted = log.heads[0].note.strip().replace("\n", "\r\n")
    assert verify(honest, "b.tar", note=pasted).code == 0


def test_the_checkpoint_that_cannot_be_read_is_named_and_not_where_it_lay(honest):
    said = verify(honest, "b.tar", note="not a note").sentence
    assert said.startswith("It could not be verified: the old checkpoint: not a checkpoint")
    assert "/dev/fd" not in said
    said = verify(honest, "b.tar", keys="{}").sentence
    assert said.startswith("It could not be verified: the keys: not a list of keys")
    assert "/dev/fd" not in said


def test_a_bundle_cut_short_is_not_whole(honest):
    report = verify(honest[: len(honest) // 2], "b.tar")
    assert report.code == 2
    assert outcomes(report)[1] is Outcome.MISSING
    assert "cut short" in report.findings[0].what


def test_a_changed_letter_is_named_with_its_place(honest):
    at = honest.index(b'"type":"state.transition"')
    report = verify(honest[:at] + honest[at:].replace(b"state", b"stale", 1), "b.tar")
    assert report.code == 1
    told = outcomes(report)
    assert (told[3], told[4]) == (Outcome.TAMPERED, Outcome.TAMPERED)
    assert told[9] is Outcome.NOT_FINISHED
    assert any(one.file == "events.jsonl" and one.event for one in report.findings)


def linked(kind):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.USTAR_FORMAT) as made:
        member = tarfile.TarInfo("manifest.json")
        member.type, member.linkname = kind, "/etc/passwd"
        made.addfile(member)
    return held.getvalue()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_other_files_that_are_none_are_never_followed(kind):
    report = verify(linked(kind), "b.tar")
    assert report.code == 1
    told = outcomes(report)
    assert told[1] is Outcome.TAMPERED
    assert {told[number] for number in range(2, 13)} == {Outcome.NOT_REACHED}


def test_what_is_packed_is_not_unpacked_and_nonsense_is_no_bundle():
    bomb = gzip.compress(bytes(50_000_000))
    assert verify(bomb, "b.tar").sentence == (
        "It could not be verified: b.tar: compressed with gzip; run gunzip first; a bundle is a plain .tar."
    )
    zip = verify(b"PK\x03\x04" + bytes(100), "<b>x</b>.tar")
    assert zip.sentence.startswith("It could not be verified: b>.tar: a zip file")
    assert verify(b"", "b.tar").code in (1, 2)
    assert verify(b"hello" * 1000, "b.tar").code in (1, 2)


def test_an_honest_bundle_with_a_size_that_nobody_can_hold_ends_with_words(honest):
    said_size = bytearray(honest)
    said_size[124:135] = b"77777777777"
    assert isinstance(verify(bytes(said_size), "b.tar"), Report)


def test_a_proof_is_verified_too():
    report = verify(b'{"kind":"crossfade.inclusion"}', "proof.json")
    assert (report.code, report.is_proof) == (1, True)
    assert "/dev/fd" not in report.findings[0].file
    assert report.findings[0].file == "proof.json"


def test_nothing_that_is_brought_is_left_on_the_disk_or_open(honest, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = len(os.listdir("/proc/self/fd"))
    verify(honest, "b.tar")
    assert list(tmp_path.iterdir()) == []
    assert len(os.listdir("/proc/self/fd")) == before


def test_few_run_at_once_and_the_others_are_told_to_come_again(honest, monkeypatch):
    monkeypatch.setattr(checking, "_turns", checking.threading.BoundedSemaphore(1))
    with checking._turns:
        assert "Try again in a minute" in verify(honest, "b.tar").sentence
    assert verify(honest, "b.tar").code == 0


@pytest.fixture
def instead(tmp_path, monkeypatch):
    """Runs something else in place of the command."""

    def run(text):
        path = tmp_path / "instead.py"
        path.write_text(f"#!{sys.executable}\n{text}\n")
        path.chmod(0o700)
        monkeypatch.setattr(checking.sys, "executable", str(path))

    return run


def test_what_takes_too_long_is_ended(instead, monkeypatch):
    instead("while True: pass")
    monkeypatch.setattr(checking, "WALL_S", 0.5)
    assert "It took longer than 0.5 s" in verify(b"x", "b.tar").sentence


@pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="limits of another process are Linux's"
)
@pytest.mark.parametrize(
    "text",
    [
        "import time\nwhile True:\n  try: x = bytearray(8 * 1024**3)\n  except MemoryError: raise\n  time.sleep(0.01)",
        "while True: print('x' * 1_000_000)",
        "print('{}')",
        "import sys; sys.exit(1)",
    ],
)
def test_what_takes_too_much_ends_with_words(instead, text):
    instead(text)
    assert "ended without an answer" in verify(b"x", "b.tar").sentence


def test_it_is_not_given_what_the_dashboard_knows(instead, monkeypatch):
    monkeypatch.setenv("CROSSFADE_CONTROL_URL", "http://secret")
    instead("import os, sys; print(sorted(os.environ), file=sys.stderr); sys.exit(3)")
    assert "CROSSFADE" not in verify(b"x", "b.tar").sentence


def test_the_dashboard_imports_nothing_of_the_verifier():
    code = "import sys, dashboards.checking; print([m for m in sys.modules if m.startswith('cutover')])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        cwd=Path(checking.__file__).parents[1], env=os.environ | {"PYTHONPATH": str(Path(checking.__file__).parents[1])},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
