import json

import pytest
from click.testing import CliRunner

from compare import encoders
from cutover.cli import cli
from cutover.rehearsal import demo, run


@pytest.fixture(autouse=True)
def _checked_weights(monkeypatch):
    monkeypatch.setattr(encoders, "check", lambda: None)


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
        (None, ["--rate", "nan"], ["--rate", "range"]),
        (None, ["--rate", "inf"], ["--rate", "range"]),
        (None, ["--report", "/proc/new.json"], ["--report", "cannot be written", "another"]),
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


@pytest.mark.parametrize("command", ["rehearse", "demo"])
def test_changed_weights_are_told_before_anything_starts(tmp_path, monkeypatch, command):
    def changed():
        raise encoders.WeightsError("model.safetensors: these are not the checked weights; pip")

    def started(*_):
        raise AssertionError("it was started")

    monkeypatch.setattr(encoders, "check", changed)
    monkeypatch.setattr(run, "rehearse", started)
    monkeypatch.setattr(demo, "demo", started)
    result = rehearse(tmp_path) if command == "rehearse" else CliRunner().invoke(cli, ["demo"])
    assert result.exit_code == 2, result.output
    assert "crossfade: model.safetensors: these are not the checked weights" in result.output


def test_a_report_is_tried_before_anything_starts_and_an_older_one_is_kept(
    tmp_path, monkeypatch
):
    class Started(Exception):
        pass

    def started(*_):
        raise Started

    monkeypatch.setattr(run, "rehearse", started)
    (tmp_path / "old.json").write_text("yesterday's")
    for name in ("old.json", "new.json"):
        result = rehearse(tmp_path, "--report", tmp_path / name)
        assert isinstance(result.exception, Started)
    assert (tmp_path / "old.json").read_text() == "yesterday's"
    assert not (tmp_path / "new.json").exists()
    result = rehearse(tmp_path, "--report", "/proc/new.json")
    assert result.exit_code == 2 and "cannot be written" in result.output
