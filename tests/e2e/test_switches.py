"""Drains and emergencies on a whole deployment: set by the command, obeyed by every process."""

import httpx
from deployed import crossfade, deployed, policy_text, until
from fakes import FakeUpstream, running


def test_planned_downtime_is_obeyed_and_costs_nothing(tmp_path):
    primary, gpu = FakeUpstream(), FakeUpstream()
    with (
        running(primary, gpu),
        deployed(tmp_path, policy_text(primary.base_url, gpu.base_url)) as box,
        httpx.Client(trust_env=False, timeout=30) as client,
    ):

        def ask(number):
            message = {"role": "user", "content": f"question {number}"}
            answer = client.post(
                f"{box.base_url}/chat/completions",
                json={"model": "gpt-4o", "messages": [message]},
                headers={"x-crossfade-tenant": "klinik-a"},
            )
            assert answer.status_code == 200

        ask(1)
        assert box.settled(1).compared == 1
        assert "gpu: drained until" in crossfade(box, "drain", "gpu", "--for", "1h")
        asked = len(gpu.seen)
        for number in (2, 3):
            ask(number)
        ledger = until(lambda: (found := box.ledger()).seen == 3 and found)
        assert ledger.reasons == {"excluded: drained": 2}
        assert len(gpu.seen) == asked
        crossfade(box, "return", "gpu")
        ask(4)
        assert box.settled(4).compared == 2
        crossfade(box, "emergency", "on")
        ask(5)
        ledger = until(lambda: (found := box.ledger()).seen == 5 and found)
        assert ledger.reasons == {"excluded: drained": 2, "unsampled: emergency": 1}
