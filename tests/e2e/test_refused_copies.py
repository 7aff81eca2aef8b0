"""After the cutover the cloud's quota is cut: copies are refused, and a live candidate that turns slow is rolled back."""

import httpx
import pytest
from deployed import deployed, policy_text, until
from fakes import FakeUpstream, Mode, running

from bench.times.fleet import begun
from cutover import history
from cutover.stages import Stage
from mirror.journal.home import Home
from mirror.journal.store import Store
from policies.load import parse

KEY = ("klinik-a", "chat")
BEFORE, MOST = 40, 200


@pytest.mark.deep
@pytest.mark.timeout(300)
def test_a_slow_live_candidate_goes_back_to_a_primary_that_only_refuses_copies(tmp_path):
    cloud, gpu = FakeUpstream(Mode.LIMITED), FakeUpstream(delay_s=0.2)
    with running(cloud, gpu):
        text = policy_text(cloud.base_url, gpu.base_url)
        text = text.replace(
            "latency: {at_most: 0.1,", "latency: {at_most: 0.1, target_ms: 150,"
        )
        store = Store.open(Home.open(tmp_path / "data").store_url)
        begun(store, parse(text, "policy.yaml"), {KEY[0]: Stage.LIVE})
        with deployed(tmp_path, text) as box, httpx.Client(trust_env=False) as client:
            for number in range(BEFORE):
                assert ask(box, client, number) == 200
            until(lambda: len(cloud.seen) >= BEFORE)  # its copies, all refused
            gpu.mode = Mode.SLOW
            moved = asked_until_rolled_back(box, client, store)
            assert moved.actor == "controller" and "latency" in moved.reason
        store.close()


def ask(box, client, number):
    """One thing asked in a session of its own; the status of the answer."""
    return client.post(
        f"{box.base_url}/chat/completions",
        json={"model": "gpt-4o", "messages": [{"role": "user", "content": f"q {number}"}]},
        headers={"x-crossfade-tenant": KEY[0], "x-session-id": f"s{number}"},
        timeout=60,
    ).status_code


def asked_until_rolled_back(box, client, store):
    """Asks on until it is; the rollback."""

    def rollback():
        with store.read() as conn:
            last = history.moves(conn, KEY, limit=1)[0].transition
        return last if last.to_stage is Stage.ROLLED_BACK else None

    for number in range(BEFORE, MOST):
        if ask(box, client, number) != 200 or rollback():
            break
    return until(rollback, 30)
