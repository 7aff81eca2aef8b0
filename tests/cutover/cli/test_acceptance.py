"""`crossfade acceptance`: table, JSON and picture, and an exit code that silence never makes 0."""

import hashlib
import json

from click.testing import CliRunner
from deployed import policy_text
from fakes import FakeUpstream, Mode, running
from pages import PageServer, vllm

from cutover import accepted
from cutover.cli import cli
from mirror.journal.store import Store

SOAP = """  - tenant: klinik-a
    route: reason
    primary: {upstream: primary, model: gpt-4o}
    candidate: {upstream: gpu, model: llama}
routes:
  - {route: reason, header: {x-note: soap}}
  - {route: chat}
"""
LOW = """targets:
  reason_p95_s: null
  audio_p95_s: null
  retrieval_p95_ms: null
  first_token_ms: null
  tokens_per_s: null
  together_tokens_per_s: null
  reason_at_once: 1
  chat_at_once: 2
  availability: 0.5
"""


def run(tmp_path, *arguments, gpu=None, n=160, targets="", soap=0, metrics="", swap=("", "")):
    """`n` chats and `soap` notes; `metrics` is the candidate's page; `swap` replaces words of the policy."""
    requests = tmp_path / "requests.jsonl"
    asked = [("chat", n), ("reason", soap)]
    lines = [
        json.dumps({"route": route, "body": {"messages": [], "stream": True}})
        for route, number in asked
        for _ in range(number)
    ]
    requests.write_text("\n".join(lines))
    with running(gpu or FakeUpstream()) as (server,):
        path = tmp_path / "policy.yaml"
        text = policy_text("http://127.0.0.1:1/v1", server.base_url)
        if metrics:
            page = f"metrics: [{{url: '{metrics}', kind: vllm}}], models: [llama]"
            text = text.replace("models: [llama]", page)
        text = text.replace(*swap)
        path.write_text(text + (SOAP if soap else "") + targets)
        given = ["-p", str(path), "--tenant", "klinik-a", "--prompts", str(requests)]
        return CliRunner().invoke(cli, ["acceptance", *given, *arguments])


def test_what_is_not_known_is_code_3_and_stands_in_table_json_and_picture(tmp_path):
    done = run(tmp_path, "--json", "--out", str(tmp_path / "out" / "report"))
    assert done.exit_code == 3, done.output
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    rows = {row["name"]: row for row in told["rows"]}
    assert rows["availability"]["n"] == told["requests"] == 120
    assert rows["SOAP, p95"]["says"] == "not measured"
    assert told["passed"] is False
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


KEY = "models: [gpt-4o], credential: {mode: swap, env: KEY_OF_THE_CLOUD}"


def test_the_key_of_the_cloud_is_asked_of_nobody_who_loads_the_candidate(tmp_path):
    done = run(tmp_path, targets=LOW, swap=("models: [gpt-4o]", KEY))
    assert done.exit_code == 3, done.output
    keyed = "models: [llama], credential: {mode: swap, env: KEY_OF_THE_CANDIDATE}"
    asked = run(tmp_path, targets=LOW, swap=("models: [llama]", keyed))
    assert asked.exit_code == 2, asked.output
    assert (
        "upstream gpu: the environment variable KEY_OF_THE_CANDIDATE is not set" in asked.stderr
    )


def test_without_any_target_nothing_was_reached(tmp_path):
    done = run(tmp_path, targets=LOW.replace("0.5", "null"))
    assert done.exit_code == 3, done.output
    assert "no target is asked for" in done.output


def test_what_cannot_be_tried_is_code_2(tmp_path):
    both = run(tmp_path, "--recorded", "5")
    assert both.exit_code == 2 and "either --prompts" in both.stderr
    empty = run(tmp_path, n=0)
    assert empty.exit_code == 2 and "no requests to send" in empty.stderr


def test_all_targets_reached_is_code_0_and_kept_where_the_gate_looks_for_it(tmp_path, home):
    Store.open(home.store_url).close()
    kept = ["--keep", "--data", str(home.path), "--out", str(tmp_path / "report")]
    done = run(tmp_path, *kept, "--concurrency", "4", targets=LOW, soap=40)
    assert done.exit_code == 0, done.output
    file = (tmp_path / "report.json").read_bytes()
    told = json.loads(file)
    assert told["passed"] is True and set(told["fingerprints"]) == {"chat", "reason"}
    store = Store.open(home.store_url)
    with store.read() as conn:
        found = accepted.newest(conn, told["fingerprints"]["reason"], told["targets_sha256"])
    store.close()
    assert found.passed and found.sha256 == hashlib.sha256(file).hexdigest()


def test_with_pages_of_its_servers_it_says_which_way_to_scale(tmp_path):
    page = PageServer(vllm(waiting=14, cache=0.95))
    with page.running() as url:
        done = run(tmp_path, targets=LOW, soap=40, metrics=url)
    assert "gpu: more replicas: 14 wait (limit 10), cache 95 %" in " ".join(
        done.output.split()
    ), done.output


def test_to_keep_a_report_needs_a_deployment_before_anything_is_sent(tmp_path):
    gpu = FakeUpstream()
    done = run(tmp_path, "--keep", "--data", str(tmp_path / "nowhere"), gpu=gpu)
    assert done.exit_code == 2 and "holds no store" in done.stderr
    assert gpu.seen == []
