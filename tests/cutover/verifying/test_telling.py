"""The verifier as a command: what it says, and its exit codes."""

import ast
import json
import shutil
import subprocess
import sys

import pytest
from bundles import MemoryLog, bundle, busy, packed

from cutover.exports.manifesting import keys as listed
from cutover.exports.verifier import verifier
from cutover.verifying import telling

OLDEST = (3, 9)
"""The oldest Python that an auditor's machine may have."""


@pytest.fixture(scope="module")
def log():
    return busy()


@pytest.fixture(scope="module")
def folder(log, tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    content = bundle(log)
    (folder / "bundle.tar").write_bytes(content)
    (folder / "cut.tar").write_bytes(content[:-3000])
    (folder / "changed.tar").write_bytes(content.replace(b"aminah", b"nobody", 1))
    (folder / "empty.tar").write_bytes(b"")
    (folder / "old.note").write_text(log.heads[0].note)
    (folder / "other.note").write_text(busy(MemoryLog(tenant="other")).heads[0].note)
    (folder / "keys.json").write_text(listed(log))
    (folder / "proof.json").write_text('{"kind":"crossfade.inclusion"}')
    (folder / "zipped.tar").write_bytes(b"\x1f\x8b\x08\x00")
    (folder / "verify.py").write_bytes(verifier())
    return folder


def run(folder, *words, python=sys.executable):
    command = [python, "-I", "-W", "error", str(folder / "verify.py"), *words]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


CASES = [
    (["bundle.tar"], 0, "VALID"),
    (["bundle.tar", "--old-checkpoint", "old.note", "--keys", "keys.json"], 0, "VALID"),
    (["changed.tar"], 1, "TAMPERED"),
    (["cut.tar"], 2, "cut short"),
    (["empty.tar"], 2, "MISSING"),
    (["nowhere.tar"], 3, "No such file"),
    (["proof.json", "--old-checkpoint", "old.note"], 3, "says nothing of the checkpoint"),
    (["."], 2, "the pack is not whole"),
    (["zipped.tar"], 3, "gunzip"),
    ([], 3, "no bundle is named"),
    (["bundle.tar", "other.tar"], 3, "not understood"),
    (["--what"], 3, "not understood"),
    (["bundle.tar", "--keys"], 3, "needs a file"),
    (["bundle.tar", "--old-checkpoint", "keys.json"], 3, "not a checkpoint"),
    (["bundle.tar", "--keys", "old.note"], 3, "--keys takes a keys.json"),
    (["bundle.tar", "--keys", "proof.json"], 3, "--keys takes a keys.json"),
    (["bundle.tar", "--old-checkpoint", "other.note"], 3, "the bundle is of"),
    (["bundle.tar", "--old-checkpoint", "nowhere"], 3, "No such file"),
    (["--help"], 0, "Exit code"),
]


@pytest.mark.parametrize(("words", "code", "says"), CASES)
def test_each_case_has_its_exit_code_and_its_words(
    folder, capsys, monkeypatch, words, code, says
):
    monkeypatch.chdir(folder)
    assert telling.main(words) == code
    out = capsys.readouterr()
    assert says in out.out + out.err


def test_the_single_file_needs_nothing_but_python(folder):
    for words, code, says in CASES[:4]:
        done = run(folder, *words)
        assert (done.returncode, says in done.stdout) == (code, True), done.stderr
        assert "Traceback" not in done.stderr


def test_the_one_file_is_written_in_words_that_an_old_python_knows():
    ast.parse(verifier(), feature_version=OLDEST)


@pytest.mark.deep
@pytest.mark.needs("python3.9")
def test_the_single_file_runs_on_an_old_python(folder):
    for words, code, _ in CASES[:4]:
        done = run(folder, *words, python=shutil.which("python3.9"))
        assert done.returncode == code, done.stderr


def test_json_tells_everything(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    telling.main(["changed.tar", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert (said["outcome"], said["code"], said["first_seq"], said["file"]) == (
        "tampered",
        1,
        1,
        "changed.tar",
    )
    one = next(one for one in said["findings"] if one["check"] == "lines")
    assert one["file"] == "events.jsonl"
    assert one["event"] > 1


def test_names_in_an_archive_do_not_act_on_a_terminal(tmp_path, capsys):
    evil = packed({"README.txt": b"", "\x1b[2Jevil": b""})
    (tmp_path / "evil.tar").write_bytes(evil)
    telling.main([str(tmp_path / "evil.tar")])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "evil" in out


def test_findings_beyond_those_that_are_shown_are_counted():
    from cutover.verifying.findings import Report

    report = Report()
    for number in range(30):
        report.tampered("tables", "another row", "served.csv", number)
    assert "TAMPERED: and 10 more" in telling.report_lines(report, "x.tar")


def test_one_of_what_was_looked_at_is_not_told_as_many():
    from cutover.verifying.findings import Report

    report = Report()
    for what, many in (("events of before", 1), ("consistency proofs", 1), ("files", 2)):
        report.saw(what, many)
    told = "  looked at: 1 event of before, 1 consistency proof, 2 files"
    assert told in telling.report_lines(report, "x.tar")


def test_what_needs_more_memory_than_there_is_ends_in_words(folder, monkeypatch, capsys):
    def too_much(*_):
        raise MemoryError

    monkeypatch.setattr(telling, "verify_bundle", too_much)
    assert telling.main([str(folder / "bundle.tar")]) == 3
    said = capsys.readouterr().err
    assert "needs more memory than there is" in said and "Traceback" not in said
