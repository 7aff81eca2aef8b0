"""A circuit breaker that opens in a proxy is on record, and people are told of it."""

import json

import httpx
import pytest
from deployed import crossfade, deployed, policy_text, until
from fakes import FakeUpstream, Mode, running

from bench.times.fleet import begun
from cutover.stages import Stage
from mirror.journal import events
from mirror.journal.home import Home
from mirror.journal.store import Store
from policies.load import parse

TENANT = "klinik-a"


@pytest.mark.deep
@pytest.mark.timeout(300)
def test_a_breaker_that_opens_is_on_record_and_seen_and_closes_with_its_proxy(tmp_path):
    primary, gpu = FakeUpstream(), FakeUpstream(Mode.ERROR)
    with running(primary, gpu):
        text = policy_text(primary.base_url, gpu.base_url) + "encoders: [{kind: onnx_int8}]\n"
        # Evidence asks for more than these, so that it is the breaker's alone to act.
        steady = "  mixture_every: 5\n  breaker: {at_least: 3}\n"
        text = text.replace("  mixture_every: 5\n", steady)
        store = Store.open(Home.open(tmp_path / "data").store_url)
        begun(store, parse(text, "policy.yaml"), {TENANT: Stage.LIVE})

        def told(kind):
            with store.read() as conn:
                found = [json.loads(one.body) for one in events.read(conn, TENANT)]
            return [one for one in found if one["type"] == kind]

        with (
            deployed(tmp_path, text) as box,
            httpx.Client(trust_env=False, timeout=30) as client,
        ):
            for number in range(3):
                message = {"role": "user", "content": f"question {number}"}
                client.post(
                    f"{box.base_url}/chat/completions",
                    json={"model": "gpt-4o", "messages": [message]},
                    headers={"x-crossfade-tenant": TENANT},
                )
            (opened,) = until(lambda: told("breaker.opened"))
            assert opened["details"] == {"upstream": "gpu"}
            assert opened["object"] == {"kind": "rollout", "id": f"{TENANT}/chat"}
            seen = json.loads(crossfade(box, "status", "--json", reason=""))["load"]["breakers"]
            assert [one["upstream"] for one in seen] == ["gpu"]
            assert "the circuit breaker to gpu is open" in crossfade(box, "status", reason="")
            box.kill("proxy")
            (closed,) = until(lambda: told("breaker.closed"))
            assert closed["reason"] == "its proxy ended"
        store.close()
