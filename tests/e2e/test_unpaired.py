"""Answers beside which the other side was not asked, though it was to be: what the candidate served is watched, and what is missing holds."""

import httpx
import pytest
from deployed import crossfade, deployed, policy_text, until
from fakes import FakeUpstream, Mode, running

from bench.times.fleet import begun
from cutover import history
from cutover.evidence import course
from cutover.stages import Stage
from mirror.journal.home import Home
from mirror.journal.store import Store
from policies.load import parse

KEY = ("klinik-a", "chat")
ASKED = 8


def ask(box, client, first):
    for number in range(first, first + ASKED):
        message = {"role": "user", "content": f"question {number}"}
        answer = client.post(
            f"{box.base_url}/chat/completions",
            json={"model": "gpt-4o", "messages": [message]},
            headers={"x-crossfade-tenant": KEY[0], "x-session-id": f"s{number}"},
        )
        assert answer.status_code == 200


@pytest.mark.deep
@pytest.mark.timeout(300)
def test_a_drained_or_crowded_old_cloud_ends_no_watch_over_the_live_candidate(tmp_path):
    primary, gpu = FakeUpstream(), FakeUpstream()
    with running(primary, gpu):
        text = policy_text(primary.base_url, gpu.base_url) + "encoders: [{kind: onnx_int8}]\n"
        # One copy at a time, and one that waits: a slow cloud has no more.
        text = text.replace(
            "models: [gpt-4o]}", "models: [gpt-4o], capacity: {in_flight: 100, copies: 1}}"
        ).replace("timeout_s: 3}", "timeout_s: 8, max_backlog: 1}")
        store = Store.open(Home.open(tmp_path / "data").store_url)
        begun(store, parse(text, "policy.yaml"), {KEY[0]: Stage.LIVE})

        def told(count):
            """What each session showed, once so many joined."""
            with store.read() as conn:
                rollout = history.rollouts(conn)[KEY].rollout
                kept = course.observations(conn, KEY, rollout.epoch)
            return [one.values for one in kept] if len(kept) >= count else []

        with (
            deployed(tmp_path, text) as box,
            httpx.Client(trust_env=False, timeout=30) as client,
        ):
            assert "primary: drained" in crossfade(box, "drain", "primary", "--for", "1h")
            ask(box, client, 0)
            assert box.settled(ASKED).reasons == {"excluded: drained": ASKED}
            assert not primary.seen
            alone = until(lambda: told(ASKED))
            assert all(one["unpaired"] and one["badness"]["errors"] == 0 for one in alone)
            crossfade(box, "return", "primary")
            primary.mode = Mode.HANG
            ask(box, client, ASKED)
            shed = ASKED - 2  # one is under way, one may wait
            until(lambda: box.ledger().shed >= shed)
            assert len(until(lambda: told(ASKED + shed))) >= ASKED + shed
        store.close()


@pytest.mark.deep
@pytest.mark.timeout(300)
def test_a_candidate_too_busy_for_its_copies_is_held_in_mirror_and_told_how_many_were_shed(
    tmp_path,
):
    primary, gpu = FakeUpstream(), FakeUpstream(Mode.SLOW, delay_s=1.5)
    with running(primary, gpu):
        text = policy_text(primary.base_url, gpu.base_url) + "encoders: [{kind: onnx_int8}]\n"
        text = text.replace("models: [llama]}", "models: [llama], capacity: {copies: 1}}")
        text = text.replace("timeout_s: 3}", "timeout_s: 3, max_backlog: 1}")
        with (
            deployed(tmp_path, text) as box,
            httpx.Client(trust_env=False, timeout=30) as client,
        ):
            ask(box, client, 0)
            until(lambda: (found := box.ledger()) and found.shed)
            ledger = box.settled(ASKED)
            assert ledger.shed + ledger.compared == ASKED and ledger.compared
            words = f"{ledger.shed} of them because their copy was shed or lost"
            until(lambda: words in crossfade(box, "status", "--json", reason=""))
