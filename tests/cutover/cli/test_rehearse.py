import json

import pytest
from click.testing import CliRunner

from cutover.cli import cli


def rehearse(tmp_path, *more, rows=None):
    line = {"id": "1", "route": "chat", "input": "one?", "answers": {"gpt": "a", "own": "b"}}
    answers = tmp_path / "answers.jsonl"
    answers.write_text("\n".join([json.dumps(line)] if rows is None else rows))
    argv = ["rehearse", "--answers", answers, "--primary", "gpt", "--candidate", "own", *more]
    return CliRunner().invoke(cli, [str(word) for word in argv])


@pytest.mark.parametrize(
    ("rows", "more", "words"),
    [
        (["{"], [], ["line 1", "not JSON"]),
        ([], [], ["answers.jsonl", "empty"]),
        (None, ["--noise", "other"], ["no answer of the model 'other'", "known: gpt, own"]),
        (None, ["--worsen-to", "own"], ["--worsen-after", "go together"]),
        (None, ["--worsen-after", "5"], ["--worsen-to", "go together"]),
        (None, ["--report", "/nowhere/at/all.json"], ["--report", "does not exist"]),
        (None, ["--report", "."], ["--report", "is a folder"]),
        (None, ["--policy", "nothing.yaml"], ["nothing.yaml", "there is no such file"]),
        (None, ["--sessions", "0"], ["--sessions"]),
        (None, ["--rate", "0"], ["--rate"]),
        (None, ["--approve", "maybe"], ["auto", "none"]),
    ],
)
def test_bad_input_ends_with_2_and_the_fix(tmp_path, rows, more, words):
    result = rehearse(tmp_path, *more, rows=rows)
    assert result.exit_code == 2, result.output
    for word in words:
        assert word in result.output
    assert "Traceback" not in result.output


def test_a_folder_of_an_earlier_rehearsal_is_refused(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "store.db").write_text("x")
    for argv in (["--data", data],):
        result = rehearse(tmp_path, *argv)
        assert result.exit_code == 2
        assert "not an empty folder" in result.output
    result = CliRunner().invoke(cli, ["demo", "--data", str(data)])
    assert result.exit_code == 2
    assert "not an empty folder" in result.output


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    result = rehearse(tmp_path, "--data", tmp_path / "file" / "data")
    assert result.exit_code == 2
    assert "--data" in result.output
