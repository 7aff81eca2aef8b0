"""`crossfade acceptance`: table, JSON and picture, and an exit code that silence never makes 0."""

import json

from click.testing import CliRunner
from deployed import policy_text
from fakes import FakeUpstream, Mode, running

from cutover.cli import cli


def run(tmp_path, *arguments, gpu=None, n=160, targets=""):
    requests = tmp_path / "requests.jsonl"
    line = json.dumps({"route": "chat", "body": {"messages": [], "stream": True}})
    requests.write_text("\n".join([line] * n))
    with running(gpu or FakeUpstream()) as (server,):
        path = tmp_path / "policy.yaml"
        path.write_text(policy_text("http://127.0.0.1:1/v1", server.base_url) + targets)
        given = ["-p", str(path), "--tenant", "klinik-a", "--prompts", str(requests)]
        return CliRunner().invoke(cli, ["acceptance", *given, *arguments])


def test_what_is_not_known_is_code_3_and_stands_in_table_json_and_picture(tmp_path):
    done = run(tmp_path, "--json", "--out", str(tmp_path / "out" / "report"))
    assert done.exit_code == 3, done.output
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    rows = {row["name"]: row for row in told["rows"]}
    assert rows["availability"]["n"] == told["requests"] == 120
    assert rows["SOAP, p95"]["says"] == "not enough requests to say"
    assert told["candidates"] == {"chat": "gpu/llama"} and told["production"] is False
    assert "<svg" in (tmp_path / "out" / "report.svg").read_text()


def test_a_target_that_is_missed_is_code_1(tmp_path):
    names = (
        "reason_p95_s",
        "audio_p95_s",
        "retrieval_p95_ms",
        "first_token_ms",
        "tokens_per_s",
    )
    none = "".join(f"  {name}: null\n" for name in (*names, "together_tokens_per_s"))
    targets = f"targets:\n{none}  availability: 0.5\n"
    with_none = run(tmp_path, targets=targets)
    assert with_none.exit_code == 3, with_none.output  # no chats beside SOAP notes
    failed = run(tmp_path, targets=targets, gpu=FakeUpstream(mode=Mode.ERROR))
    assert failed.exit_code == 1, failed.output
    assert "http_error" in failed.output and "fail" in failed.output


def test_what_cannot_be_tried_is_code_2(tmp_path):
    both = run(tmp_path, "--recorded", "5")
    assert both.exit_code == 2 and "either --prompts" in both.stderr
    empty = run(tmp_path, n=0)
    assert empty.exit_code == 2 and "no requests to send" in empty.stderr
