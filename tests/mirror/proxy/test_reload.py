"""A new policy in a running proxy: taken whole or not at all, and no request notices."""

import asyncio
import errno
import json
import os
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from builders import believed, two_sided
from fakes import FakeUpstream
from proxied import ASK, STREAM, Proxied, Recorded, proxied, table

from mirror import applied
from mirror.exchange import End, Side
from mirror.proxy.process import Places, Proxy
from mirror.publish import Watcher


def run(case):
    asyncio.run(asyncio.wait_for(case(), 60))


def sound(cloud, gpu, **changes):
    """A policy without a fault: every side of a rollout is permitted."""
    sides = {
        "primary": {"upstream": "cloud", "model": "big"},
        "candidate": {"upstream": "gpu", "model": "own"},
    }
    rollout = {"tenant": "clinic", "route": "chat", **sides}
    return two_sided(cloud, gpu, **({"rollouts": [rollout]} | changes))


def text(policy):
    return json.dumps(policy.model_dump(mode="json", exclude_none=True)).encode()


@asynccontextmanager
async def following(folder, policy, *, stage="mirror"):
    """A proxy that follows the policies applied to `folder`, judged with the first one's candidate."""
    first = applied.apply(folder, text(policy))
    recorded = Recorded()
    watcher = Watcher(Path("/nonexistent/routes.json"), believed(table(stage), policy))
    any_port = ("127.0.0.1", 0)
    places = Places(any_port, any_port)
    proxy = Proxy(policy, recorded, watcher, places, drain_s=2.0, applied=first)
    async with proxy, httpx.AsyncClient(timeout=30, trust_env=False) as client:
        yield Proxied(proxy, recorded, client, "direct")


async def taken(proxy, number):
    """Waits until the policy of this number is in force; fails where it is refused."""
    current = proxy.proxy.current
    await until(lambda: current.applied.number == number or current.fault)
    assert current.fault == ""


async def taken_again(proxy, number):
    """Waits until the policy of this number is in force after one that was refused."""
    current = proxy.proxy.current
    await until(lambda: current.applied.number == number and not current.fault)
    assert not current.unread


async def until(condition):
    while not condition():
        await asyncio.sleep(0.02)


def test_requests_after_the_change_are_answered_by_the_new_policy(tmp_path):
    async def case():
        async with FakeUpstream() as cloud, FakeUpstream() as other:
            async with following(tmp_path, sound(cloud.base_url, cloud.base_url)) as proxy:
                await proxy.post()
                second = applied.apply(tmp_path, text(sound(other.base_url, cloud.base_url)))
                await taken(proxy, second.number)
                await proxy.post()
                ready = (await proxy.post(path="/readyz", method="GET")).json()
                assert (ready["policy"], ready["digest"]) == (2, second.digest)
                metrics = (await proxy.post(path="/metrics", method="GET")).text
                assert f'crossfade_policy_info{{digest="{second.digest}"}} 1' in metrics
                assert "crossfade_policy_fault 0" in metrics
            assert (len(cloud.seen), len(other.seen)) == (1, 1)

    run(case)


def test_a_stream_under_way_ends_as_it_began_and_then_its_connections_are_closed(tmp_path):
    async def case():
        gate = asyncio.Event()
        async with (
            FakeUpstream(gate=gate) as cloud,
            FakeUpstream() as other,
            following(tmp_path, sound(cloud.base_url, cloud.base_url)) as proxy,
        ):
            old = proxy.proxy.current.made.egress
            request = proxy.request(json=STREAM)
            answer = await proxy.client.send(request, stream=True)
            lines = answer.aiter_lines()
            await anext(lines)
            applied.apply(tmp_path, text(sound(other.base_url, other.base_url)))
            await taken(proxy, 2)
            assert old._clients, "closed while a stream needs it"
            gate.set()
            assert "data: [DONE]" in [line async for line in lines]
            await until(lambda: not old._clients)
            assert proxy.reply.end is End.COMPLETE
            assert other.seen == []

    run(case)


def test_an_edit_that_names_another_candidate_lets_it_answer_nobody(tmp_path):
    async def case():
        async with FakeUpstream() as cloud, FakeUpstream() as gpu, FakeUpstream() as unproven:
            judged = sound(cloud.base_url, gpu.base_url)
            async with following(tmp_path, judged, stage="live") as proxy:
                await proxy.post()
                assert proxy.reply.side is Side.CANDIDATE
                applied.apply(tmp_path, text(sound(cloud.base_url, unproven.base_url)))
                await taken(proxy, 2)
                await proxy.post()
                assert proxy.recorded.replies[-1].side is Side.PRIMARY
                assert unproven.seen == []
                applied.apply(tmp_path, text(judged))
                await taken(proxy, 3)
                await proxy.post()
                assert proxy.recorded.replies[-1].side is Side.CANDIDATE

    run(case)


def test_a_tenant_that_now_forbids_the_cloud_reaches_it_no_more(tmp_path):
    async def case():
        async with FakeUpstream() as cloud, FakeUpstream() as gpu:
            policy = sound(cloud.base_url, gpu.base_url)
            async with following(tmp_path, policy) as proxy:
                await proxy.post()
                near = json.loads(text(policy))
                near["tenants"]["clinic"] = {
                    "identify": {"header": "clinic"},
                    "cloud": "forbidden",
                }
                near["rollouts"][0]["primary"] = {"upstream": "gpu", "model": "old"}
                near["upstreams"]["gpu"]["models"].append("old")
                applied.apply(tmp_path, json.dumps(near).encode())
                await taken(proxy, 2)
                assert (await proxy.post()).status_code == 200
                assert (len(cloud.seen), len(gpu.seen)) == (1, 1)

    run(case)


def test_a_policy_that_cannot_be_used_leaves_the_last_good_one_and_is_told(
    tmp_path, caplog, monkeypatch
):
    monkeypatch.delenv("NOT_THERE", raising=False)

    async def case():
        async with FakeUpstream() as cloud:
            policy = sound(cloud.base_url, cloud.base_url)
            async with following(tmp_path, policy) as proxy:
                keyed = json.loads(text(policy))
                keyed["upstreams"]["gpu"]["credential"] = {"mode": "swap", "env": "NOT_THERE"}
                applied.apply(tmp_path, json.dumps(keyed).encode())
                await until(lambda: proxy.proxy.current.fault)
                assert (await proxy.post()).status_code == 200
                metrics = (await proxy.post(path="/metrics", method="GET")).text
                assert "crossfade_policy_fault 1" in metrics
                assert "crossfade_policy_number 1" in metrics
                applied.apply(tmp_path, text(policy))
                await until(lambda: not proxy.proxy.current.fault)

    run(case)
    assert "NOT_THERE is not set" in caplog.text


@pytest.mark.parametrize("where", ["mirror.applied.Path.read_bytes", "mirror.guard.transport"])
def test_a_policy_that_cannot_be_read_for_a_moment_is_tried_again(
    tmp_path, monkeypatch, caplog, where
):
    async def case():
        async with FakeUpstream() as cloud:
            policy = sound(cloud.base_url, cloud.base_url)
            async with proxied(cloud, cloud) as proxy:
                current = proxy.proxy.current
                applied.apply(tmp_path, text(policy))
                with monkeypatch.context() as patch:
                    patch.setattr(where, out_of_files)
                    for _ in range(3):
                        await current.look(tmp_path, {})
                        assert "Too many open files" in current.fault
                await current.look(tmp_path, {})
                assert (current.applied.number, current.fault) == (1, "")

    run(case)
    assert caplog.text.count("is not taken") == 1


def out_of_files(*_, **__):
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def test_a_tenant_gets_no_more_requests_for_a_change_of_policy(tmp_path):
    async def case():
        async with FakeUpstream() as cloud:
            clinic = {"identify": {"header": "clinic"}, "cloud": "allowed"}
            few = clinic | {"limits": {"per_minute": 1}}
            policy = sound(cloud.base_url, cloud.base_url, tenants={"clinic": few})
            async with following(tmp_path, policy) as proxy:
                assert (await proxy.post()).status_code == 200
                applied.apply(tmp_path, text(policy.model_copy(update={"deployment": "b"})))
                await taken(proxy, 2)
                assert (await proxy.post()).status_code == 429
                more = clinic | {"limits": {"per_minute": None}}
                other = sound(cloud.base_url, cloud.base_url, tenants={"clinic": more})
                applied.apply(tmp_path, text(other))
                await taken(proxy, 3)
                assert (await proxy.post()).status_code == 200

    run(case)


def test_no_request_is_lost_while_policies_change_under_load(tmp_path):
    async def case():
        async with FakeUpstream() as cloud:
            policy = sound(cloud.base_url, cloud.base_url)
            async with following(tmp_path, policy) as proxy:
                done = asyncio.Event()

                async def change():
                    for number in range(2, 5):
                        changed = policy.model_copy(update={"deployment": f"d{number}"})
                        applied.apply(tmp_path, text(changed))
                        await taken(proxy, number)
                    done.set()

                async def ask():
                    while not done.is_set():
                        assert (await proxy.post(json=ASK)).status_code == 200

                await asyncio.gather(change(), *(ask() for _ in range(4)))
                await until(lambda: not proxy.proxy.current._retired)

    run(case)


def test_the_environment_of_the_process_is_what_counts(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_KEY", "k-123")

    async def case():
        async with FakeUpstream() as cloud:
            policy = sound(cloud.base_url, cloud.base_url)
            async with following(tmp_path, policy) as proxy:
                keyed = json.loads(text(policy))
                keyed["upstreams"]["cloud"]["credential"] = {"mode": "swap", "env": "SOME_KEY"}
                applied.apply(tmp_path, json.dumps(keyed).encode())
                await taken(proxy, 2)
                await proxy.post()
                assert (
                    cloud.seen[-1].headers["authorization"]
                    == f"Bearer {os.environ['SOME_KEY']}"
                )

    run(case)


def test_other_listeners_are_told_to_need_a_start(tmp_path, caplog):
    async def case():
        async with FakeUpstream() as cloud:
            policy = sound(cloud.base_url, cloud.base_url)
            async with following(tmp_path, policy) as proxy:
                changed = json.loads(text(policy)) | {"listeners": {"intercept": {}}}
                applied.apply(tmp_path, json.dumps(changed).encode())
                await taken(proxy, 2)

    run(case)
    assert "has other `listeners`" in caplog.text


def test_a_tenant_that_forbids_the_cloud_in_a_policy_that_cannot_be_used_reaches_it_no_more(
    tmp_path, monkeypatch, caplog
):
    monkeypatch.delenv("NOT_THERE", raising=False)

    async def case():
        async with FakeUpstream() as cloud, FakeUpstream() as gpu:
            policy = sound(cloud.base_url, gpu.base_url)
            async with following(tmp_path, policy) as proxy:
                await proxy.post()
                near = json.loads(text(policy))
                near["upstreams"]["cloud"]["credential"] = {"mode": "swap", "env": "NOT_THERE"}
                near["tenants"]["clinic"]["cloud"] = "forbidden"
                del near["tenants"]["clinic"]["pass_through"]
                near["rollouts"][0]["primary"] = {"upstream": "gpu", "model": "old"}
                near["upstreams"]["gpu"]["models"].append("old")
                applied.apply(tmp_path, json.dumps(near).encode())
                await until(lambda: proxy.proxy.current.fault)
                assert (await proxy.post()).status_code == 503
                ready = (await proxy.post(path="/readyz", method="GET")).json()
                assert ready["policy"] == 1
                assert len(cloud.seen) == 1
                applied.apply(tmp_path, text(policy))
                await until(lambda: proxy.proxy.current.applied.number == 3)
                assert (await proxy.post()).status_code == 200

    run(case)
    assert "forbids holds all the same" in caplog.text


def test_a_policy_of_which_nothing_can_be_read_is_an_alarm_and_closes_the_cloud(
    tmp_path, caplog
):
    async def case():
        async with FakeUpstream() as cloud:
            policy = sound(cloud.base_url, cloud.base_url)
            async with following(tmp_path, policy) as proxy:
                other = policy.model_copy(update={"deployment": "b"})
                elsewhere = applied.apply(tmp_path / "other", text(other))
                broken = tmp_path / f"000002-{elsewhere.digest}.yaml"
                broken.write_bytes(b"version: [")
                (tmp_path / ".link").symlink_to(broken.name)
                (tmp_path / ".link").replace(tmp_path / applied.LINK)
                await until(lambda: proxy.proxy.current.fault)
                assert (await proxy.post()).status_code == 503
                metrics = (await proxy.post(path="/metrics", method="GET")).text
                assert "crossfade_policy_unread 1" in metrics
                assert cloud.seen == []
                applied.apply(tmp_path, text(policy))
                await taken_again(proxy, 3)
                assert (await proxy.post()).status_code == 200

    run(case)
    assert "IS NOT KNOWN HERE" in caplog.text
