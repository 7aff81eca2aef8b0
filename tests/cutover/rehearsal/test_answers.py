import json

import pytest

from cutover.rehearsal.answers import AnswersError, read


def a_line(**changes):
    line = {
        "id": "1",
        "route": "chat",
        "input": "How are you?",
        "answers": {"a": "Well.", "b": "Fine."},
    }
    return json.dumps({**line, **changes})


def written(tmp_path, *rows):
    path = tmp_path / "answers.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_a_recording_holds_the_lines_in_order(tmp_path):
    recording = read(
        written(tmp_path, a_line(), "", a_line(id="2", route="reason")), ["a", "b", "a"]
    )
    assert [line.id for line in recording.lines] == ["1", "2"]
    assert recording.routes == ("chat", "reason")
    assert recording.remarks() == ()


def test_a_line_separator_inside_an_answer_does_not_end_the_line(tmp_path):
    answer = "one\u2028two"
    row = json.dumps(
        {"id": "1", "route": "chat", "input": "x", "answers": {"a": answer}}, ensure_ascii=False
    )
    assert read(written(tmp_path, row), ["a"]).lines[0].answers["a"] == answer


def test_an_empty_answer_is_kept_counted_and_said(tmp_path):
    path = written(
        tmp_path,
        a_line(answers={"a": "", "b": "x"}),
        a_line(id="2", answers={"a": " ", "b": ""}),
    )
    recording = read(path, ["a"])
    assert recording.empty == {"a": 2}
    assert recording.remarks() == ("2 empty answers of a are replayed",)


def test_a_line_without_a_wanted_model_is_left_out_and_said(tmp_path):
    recording = read(
        written(tmp_path, a_line(), a_line(id="2", answers={"a": "x"})), ["a", "b"]
    )
    assert [line.id for line in recording.lines] == ["1"]
    assert "1 lines lack an answer" in recording.remarks()[0]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([a_line(), '{"id": "2", '], ["line 2", "not JSON", "delete the line"]),
        (["[1]"], ["line 1", "not a JSON object"]),
        ([a_line(id=None)], ["line 1", "'id'"]),
        ([a_line(input=" ")], ["line 1", "'input'"]),
        ([a_line(route=7)], ["'route'"]),
        ([a_line(route="talk")], ["unknown route 'talk'", "chat"]),
        ([a_line(answers=[])], ["'answers'"]),
        ([a_line(answers={"a": None})], ["the answer of 'a'"]),
        ([a_line(), a_line()], ["line 2", "id '1'", "line 1 already"]),
        ([a_line(answers={"c": "x", "d": "y"})], ["model 'a'", "known: c, d"]),
        (
            [a_line(answers={"a": "x"}), a_line(id="2", answers={"b": "x"})],
            ["no line has an answer of each"],
        ),
        (["", " "], ["empty"]),
    ],
)
def test_a_bad_file_is_refused_with_place_and_fix(tmp_path, rows, words):
    with pytest.raises(AnswersError) as caught:
        read(written(tmp_path, *rows), ["a", "b"])
    for word in ["answers.jsonl", *words]:
        assert word in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AnswersError, match=r"nothing\.jsonl.*--answers"):
        read(tmp_path / "nothing.jsonl", ["a"])


def test_a_file_in_another_encoding_is_named(tmp_path):
    path = tmp_path / "latin.jsonl"
    path.write_bytes(b'{"id": "\xe9"}')
    with pytest.raises(AnswersError, match="not UTF-8 at byte 8"):
        read(path, ["a"])
