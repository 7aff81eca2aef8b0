"""`crossfade verify`. What is found is tested with the verifier."""

import json

import pytest
from bundles import bundle, busy
from click.testing import CliRunner

from cutover.cli import main
from cutover.cli.verify import verify


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder, log = tmp_path_factory.mktemp("audit"), busy()
    content = bundle(log)
    (folder / "b.tar").write_bytes(content)
    (folder / "changed.tar").write_bytes(content.replace(b"aminah", b"nobody", 1))
    (folder / "empty.tar").write_bytes(b"")
    (folder / "old.note").write_text(log.heads[0].note)
    return folder


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["b.tar"], 0, "VALID"),
        (["b.tar", "--old-checkpoint", "old.note"], 0, "VALID"),
        (["changed.tar"], 1, "TAMPERED: [lines] events.jsonl"),
        (["empty.tar"], 2, "NOT WHOLE"),
        (["none.tar"], 3, "No such file"),
        ([], 3, "Missing argument"),
        (["b.tar", "--what"], 3, "No such option"),
        (["b.tar", "--old-checkpoint", "b.tar"], 3, "longer than"),
    ],
)
def test_each_outcome_has_its_exit_code(folder, monkeypatch, words, code, says):
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(verify, words)
    assert (done.exit_code, says in done.output + done.stderr) == (code, True), (
        done.output + done.stderr
    )
    assert callable(main)


def test_json_tells_everything(folder):
    done = CliRunner().invoke(verify, [str(folder / "b.tar"), "--json"])
    said = json.loads(done.stdout)
    assert (said["outcome"], said["first_seq"], said["checked"]["events"]) == (
        "valid",
        1,
        said["last_seq"],
    )
