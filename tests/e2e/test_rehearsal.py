"""A whole rehearsal with real processes: a good candidate reaches canary, worsens, and is rolled back."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from cutover.rehearsal.driver import PATIENTS

pytestmark = pytest.mark.timeout(400)  # whole rehearsals, on whatever machine

TERMS = """
version: 1
deployment: test
upstreams:
  cloud: {base_url: https://api.openai.com/v1, location: cloud, models: [gpt-4o]}
  gpu: {base_url: http://10.0.0.7:8000/v1, location: onprem, models: [llama]}
tenants:
  klinik-a: {identify: {header: a}, cloud: allowed, reask: true}
terms:
  sampling: {reask_burst: 100000, reask_percent: 100}
  alpha: {promote: 0.3, roll_back: 0.3}
  gates:
    equivalence: {margin: 0.3, clip: 0.5, weight: 0.25}
    errors: {at_most: 0.3, weight: 0.25}
    latency: {at_most: 0.3, target_ms: 5000, first_token_ms: 5000, weight: 0.1}
    flags: {at_most: 0.3, weight: 0.4}
  steps: [{percent: 60, min_served: 3, soak_s: 0}]
  sessions: {exchanges: 1, open_s: 0}
  coverage: {hours: 0}
  mixture_every: 5
rollouts:
  - tenant: klinik-a
    route: chat
    primary: {upstream: cloud, model: gpt-4o}
    candidate: {upstream: gpu, model: llama}
"""
PLACES = ("the ward", "room two", "the lobby", "the pharmacy", "the front desk", "the lab")


def answers(count):
    """Lines of `count` questions, with a primary, a good candidate and one that falls silent."""
    for n in range(count):
        text = f"Please bring your card number {n + 100} to {PLACES[n % len(PLACES)]} at nine."
        again = (
            f"At nine, please bring your card number {n + 100} to {PLACES[n % len(PLACES)]}."
        )
        yield {
            "id": f"q{n}",
            "route": "chat",
            "input": f"Where do I go with card number {n + 100}?",
            "answers": {"gpt": text, "gpt-again": again, "own": again, "silent": ""},
        }


def command(tmp_path, *more, count=90):
    file, policy = tmp_path / "answers.jsonl", tmp_path / "policy.yaml"
    file.write_text("\n".join(json.dumps(line) for line in answers(count)))
    policy.write_text(TERMS)
    argv = ["rehearse", "--answers", file, "--primary", "gpt", "--candidate", "own"]
    argv += ["--noise", "gpt-again", "--policy", policy, "--rate", "8", *more]
    return [sys.executable, "-m", "cutover.cli", *map(str, argv)]


def test_a_rehearsal_moves_to_canary_and_rolls_back_what_worsens(tmp_path):
    report, data = tmp_path / "report.json", tmp_path / "data"
    worsens = ["--worsen-to", "silent", "--worsen-after", "35"]
    done = subprocess.run(
        command(tmp_path, *worsens, "--data", data, "--report", report, count=60),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text())
    (rollout,) = found["rollouts"]
    told = json.dumps(rollout, indent=1)
    moves = [(move["from"], move["to"]) for move in rollout["transitions"]]
    assert ("mirror", "canary") in moves, told
    assert rollout["stage"] == "rolled_back", told
    assert rollout["verdict"] == "roll_back"
    assert rollout["rollback"]["seconds_from_first_bad_answer"] > 0, told
    assert rollout["rollback"]["seconds_from_decision"] <= 1, told
    entered = next(move for move in rollout["transitions"] if move["to"] == "canary")
    assert entered["actor"] == "rehearsal-lead"
    ledger = rollout["ledger"]
    assert ledger["seen"] == sum(n for name, n in ledger.items() if name != "seen") == 60
    assert ledger["pending"] == 0
    served = found["served"]
    assert served["client_errors"] == 0
    assert served["candidate"] > 0
    assert served["primary"] + served["candidate"] + served["failover"] == 60
    assert "rehearsed" in found["policy"]
    assert 10 < _patients(data) <= PATIENTS


def _patients(data):
    """How many patients' pseudonyms stand beside what left for the cloud."""
    with contextlib.closing(sqlite3.connect(data / "store.db")) as store:
        bodies = store.execute("SELECT body FROM event WHERE type = 'egress.done'")
        told = {json.loads(body)["details"]["subject"] for (body,) in bodies}
    assert not any(one.startswith("P-") for one in told)
    return len(told - {""})


@pytest.mark.deep
def test_ctrl_c_ends_every_process_and_removes_the_folder(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        command(tmp_path),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # A shell's background job ignores Ctrl-C, and so would what this test starts from one.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("crossfade-*/store.db")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130, output
    assert b"everything that was started has ended" in output
    assert not list(tmp_path.glob("crossfade-*"))


@pytest.mark.deep
def test_without_approvals_a_good_candidate_stays_in_mirror_and_the_store_is_kept(tmp_path):
    report, data = tmp_path / "report.json", tmp_path / "data"
    more = ["--approve", "none", "--data", data, "--report", report, "--sessions", "40"]
    done = subprocess.run(
        command(tmp_path, *more), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (rollout,) = json.loads(report.read_text())["rollouts"]
    assert (rollout["stage"], rollout["verdict"]) == ("mirror", "promote")
    assert (data / "store.db").exists()
