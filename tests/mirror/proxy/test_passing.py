"""What is not mirrored: one upstream, as it is, never repeated, and never another tenant's state."""

import asyncio
import json
from dataclasses import replace

import pytest
from fakes import FakeUpstream, Mode
from proxied import Recorded, proxied

from mirror.egress_record import Purpose


def run(case):
    asyncio.run(asyncio.wait_for(case(), 20))


def with_credential(cloud, mode, env=None):
    written = {
        "base_url": cloud.base_url,
        "location": "cloud",
        "models": ["big"],
        "credential": {"mode": mode, "env": env},
    }
    return {"upstreams": {"cloud": written, "gpu": written | {"location": "onprem"}}}


def test_a_request_passes_with_its_query_and_method():
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud) as proxy:
            answer = await proxy.post(path="/v1/files/f-1?limit=2", method="GET")
            assert answer.status_code == 200
            assert (cloud.seen[0].method, cloud.seen[0].path) == (
                "GET",
                "/v1/files/f-1?limit=2",
            )
            assert answer.headers["x-crossfade-exchange"]
            assert proxy.recorded.accepts == []

    run(case)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/models", 200),
        ("POST", "/v1/embeddings", 200),
        ("GET", "/v1/files", 403),
        ("POST", "/v1/batches", 403),
        ("GET", "/v1/chat/completions/chatcmpl-1", 403),
    ],
)
def test_with_a_key_that_tenants_share_only_stateless_calls_pass(
    method, path, status, monkeypatch
):
    monkeypatch.setenv("CLOUD_KEY", "ours")

    async def case():
        async with FakeUpstream() as cloud:
            policy = with_credential(cloud, "swap", "CLOUD_KEY")
            async with proxied(cloud, cloud, **policy) as proxy:
                answer = await proxy.post(path=path, method=method)
                assert answer.status_code == status
                if status == 403:
                    assert "upstreams.cloud.credential" in answer.json()["error"]["message"]
                    assert cloud.accepts == 0

    run(case)


def test_with_the_clients_own_key_everything_passes():
    async def case():
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, **with_credential(cloud, "forward")) as proxy,
        ):
            headers = {"authorization": "Bearer mine"}
            await proxy.post(path="/v1/files", method="GET", headers=headers)
            assert cloud.seen[0].headers["authorization"] == "Bearer mine"

    run(case)


@pytest.mark.parametrize(
    ("mode", "status"), [(Mode.REFUSE, 502), (Mode.NOT_HTTP, 502), (Mode.ERROR, 500)], ids=str
)
def test_an_upstream_that_fails_is_told(mode, status):
    async def case():
        async with FakeUpstream(mode=mode) as cloud, proxied(cloud, cloud) as proxy:
            answer = await proxy.post(path="/v1/embeddings")
            assert answer.status_code == status
            assert answer.json()["error"]["type"] == "server_error"

    run(case)


def test_a_forbidden_cloud_is_not_reached_by_passing_through():
    async def case():
        tenants = {
            "hospital": {
                "identify": {"header": "hospital"},
                "cloud": "forbidden",
                "pass_through": "cloud",
            }
        }
        async with (
            FakeUpstream() as cloud,
            FakeUpstream() as gpu,
            proxied(cloud, gpu, tenants=tenants, rollouts=rollout()) as proxy,
        ):
            answer = await proxy.post(path="/v1/embeddings", tenant="hospital")
            assert answer.status_code == 403
            assert answer.json()["error"]["code"] == "not_permitted"
            assert cloud.accepts == 0

    run(case)


def rollout():
    side = {"upstream": "gpu", "model": "own"}
    return [{"tenant": "hospital", "route": "chat", "primary": side, "candidate": side}]


def test_nothing_is_passed_to_a_drained_upstream():
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud) as proxy:
            watcher = proxy.proxy.watcher
            watcher.table = replace(watcher.table, drains={"cloud": 0})
            answer = await proxy.post(path="/v1/files", method="GET")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "600")
            assert cloud.accepts == 0

    run(case)


def test_a_request_passed_to_the_cloud_is_on_the_egress_record():
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud) as proxy:
            await proxy.post(path="/v1/files/of-ahmad/content?limit=2", method="GET")
            intent, done = proxy.recorded.egresses
            assert (intent.purpose, intent.tenant, intent.upstream) == (
                Purpose.PASSED,
                "clinic",
                "cloud",
            )
            assert intent.call == "GET /v1/files/*/content"
            assert (done.intent, done.reason, done.status) == (intent, "", 200)

    run(case)


def test_with_a_record_before_nothing_passes_that_is_not_on_disk():
    async def case():
        recorded = Recorded(works=False)
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, recorded=recorded, egress_record="before") as proxy,
        ):
            for path in ("/v1/files", "/v1/chat/completions"):
                answer = await proxy.post(path=path)
                assert answer.status_code in (403, 503)
            assert cloud.accepts == 0

    run(case)


CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
FILE = [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]


@pytest.mark.parametrize("tenant", ["clinic", "hospital"], ids=["of a rollout", "of none"])
@pytest.mark.parametrize(
    ("path", "asked", "code"),
    [
        (CHAT, b'{"model": "big", "messages": []}', None),
        (RESPONSES, b'{"model": "big", "input": "x"}', None),
        (RESPONSES, b'{"model": "big", "previous_response_id": "resp_1"}', "state_not_shared"),
        (CHAT, json.dumps({"model": "big", "messages": FILE}).encode(), "state_not_shared"),
        (CHAT, b'{"model": "big", "store": false, "store": true}', "unreadable_body"),
        (CHAT, b"not JSON", "unreadable_body"),
    ],
)
def test_what_names_anothers_state_is_not_sent_on_with_a_key_that_tenants_share(
    tenant, path, asked, code, monkeypatch
):
    monkeypatch.setenv("CLOUD_KEY", "ours")

    async def case():
        async with FakeUpstream() as cloud:
            policy = with_credential(cloud, "swap", "CLOUD_KEY")
            sides = {"upstream": "cloud", "model": "big"}, {"upstream": "gpu", "model": "big"}
            rollout = {"tenant": "clinic", "route": "chat"}
            policy["rollouts"] = [rollout | {"primary": sides[0], "candidate": sides[1]}]
            policy["tenants"] = {
                name: {
                    "identify": {"header": name},
                    "cloud": "allowed",
                    "pass_through": "cloud",
                }
                for name in ("clinic", "hospital")
            }
            async with proxied(cloud, cloud, **policy) as proxy:
                answer = await proxy.post(path=path, content=asked, tenant=tenant)
                refused = (answer.json().get("error") or {}).get("code")
                assert refused == code
                assert len(cloud.seen) == (0 if code else 1)

    run(case)
