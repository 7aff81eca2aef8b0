"""A rollback is drilled on a whole deployment under traffic, and its times are told."""

import json
import os
import subprocess
import sys
import threading

import httpx
from deployed import deployed, policy_text, until
from fakes import FakeUpstream, running

from cutover import history, people
from cutover.people import Actor, Kind, Role
from cutover.rollout import Rollout
from cutover.stages import Stage
from mirror.candidate import candidate_fingerprint
from mirror.journal import events
from mirror.journal.home import Home
from mirror.journal.store import Store
from policies.load import parse

KEY = ("klinik-a", "chat")


def stands_in_canary(home, text):
    """A rollout whose candidate answers one session in five, as if it had been shown fit for that."""
    policy = parse(text, "policy.yaml")
    candidate = candidate_fingerprint(policy, policy.rollouts[0])
    store = Store.open(home.store_url)
    with store.write() as conn:
        history.create(conn, Rollout(*KEY, Stage.CANARY, 0, 2, 1, 1, candidate))
        token = people.add(
            conn, "erik", [Role.ENGINEER], by=Actor(Kind.HUMAN, "os:root"), at_us=1
        )
    (home.tokens / "erik").write_text(token)
    store.close()


def drilled(home):
    given = ["--as", "erik", "--reason", "as planned", "--data", str(home.path)]
    return subprocess.run(
        [sys.executable, "-m", "cutover.cli", "drill", "roll-back", "klinik-a/chat", "--for", "5s", *given],
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
        env=os.environ | {"CROSSFADE_TOKEN": ""},
    )  # fmt: skip


def test_a_rollback_is_drilled_under_traffic_and_all_stands_as_it_stood(tmp_path):
    primary, gpu = FakeUpstream(text="of the primary"), FakeUpstream(text="of the candidate")
    with running(primary, gpu):
        text = policy_text(primary.base_url, gpu.base_url)
        home = Home.open(tmp_path / "data")
        stands_in_canary(home, text)
        with deployed(tmp_path, text) as box, traffic(box) as answers:
            until(lambda: "of the candidate" in answers)
            done = drilled(home)
            assert done.returncode == 0, done.stdout + done.stderr
            assert done.stdout.endswith("klinik-a/chat: passed\n")
            since = len(answers)
            until(lambda: "of the candidate" in answers[since:])
    store = Store.open(home.store_url)
    with store.read() as conn:
        told = [json.loads(one.body) for one in events.read(conn, "klinik-a", limit=100_000)]
        stands = history.rollouts(conn)[KEY].rollout
    store.close()
    (passed,) = [one["details"] for one in told if one["type"] == "drill.passed"]
    assert passed["proxies"] == 1
    # A proxy may follow before the controller, on a busy machine, has looked at its clock again.
    assert 0 <= passed["published_ms"] <= 1000
    assert 0 <= passed["followed_ms"] <= 1000
    assert passed["answered_by_primary"] > 0
    assert (stands.stage, stands.step, stands.epoch) == (Stage.CANARY, 0, 2)


class traffic:
    """Sessions that are asked one after another while the block runs; what each was answered."""

    def __init__(self, box):
        self.box, self.answers, self.stop = box, [], threading.Event()
        self.thread = threading.Thread(target=self.ask)

    def ask(self):
        with httpx.Client(trust_env=False, timeout=60) as client:
            while not self.stop.wait(0.05):
                message = {"role": "user", "content": f"question {len(self.answers)}"}
                answer = client.post(
                    f"{self.box.base_url}/chat/completions",
                    json={"model": "gpt-4o", "messages": [message]},
                    headers={
                        "x-crossfade-tenant": "klinik-a",
                        "x-session-id": f"s{len(self.answers)}",
                    },
                )
                self.answers.append(answer.json()["choices"][0]["message"]["content"])

    def __enter__(self):
        self.thread.start()
        return self.answers

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
