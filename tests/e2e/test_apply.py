"""A policy applied to a whole deployment: the proxy takes it as it runs, the others start again with it."""

import httpx
import pytest
from deployed import deployed, policy_text, until
from fakes import FakeUpstream, running

from mirror import applied

STARTED_AGAIN = ("shadow", "score", "controller")


@pytest.mark.deep
def test_an_applied_policy_reaches_every_part_and_the_proxy_without_a_restart(tmp_path):
    with running(FakeUpstream(), FakeUpstream()) as (primary, candidate):
        text = policy_text(primary.base_url, candidate.base_url)
        with deployed(tmp_path, text) as box, httpx.Client(trust_env=False) as client:
            pid, url = box.running.supervisor.pid, box.running.proxy_url
            before = {name: pid(name) for name in ("proxy", "drain", *STARTED_AGAIN)}
            changed = text.replace("deployment: test", "deployment: other")
            applied.apply(box.home.policies, changed.encode())
            until(lambda: client.get(f"{url}/readyz").json()["policy"] == 2)
            until(lambda: all(pid(n) not in (None, before[n]) for n in STARTED_AGAIN))
            assert (pid("proxy"), pid("drain")) == (before["proxy"], before["drain"])
            answer = client.post(
                f"{box.base_url}/chat/completions",
                json={"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}]},
                headers={"x-crossfade-tenant": "klinik-a"},
            )
            assert answer.status_code == 200
