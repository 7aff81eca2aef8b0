"""Requests on their way through the real proxy to a candidate that speaks another dialect."""

import asyncio

import pytest
from fakes import FakeUpstream, Mode
from proxied import ASK, STREAM, proxied

from mirror.exchange import End, Outcome, Side


def upstreams(cloud, gpu, **rules):
    return {
        "cloud": {"base_url": cloud.base_url, "location": "cloud", "models": ["big"]},
        "gpu": {"base_url": gpu.base_url, "location": "onprem", "models": ["own"]} | rules,
    }


def served(stage, ask, tenant="clinic", cloud=None, **rules):
    """One request through a proxy; the answer, what both upstreams saw, and the proxy."""

    async def case():
        async with cloud or FakeUpstream() as primary, FakeUpstream() as gpu:
            policy = {"upstreams": upstreams(primary, gpu, **rules)}
            async with proxied(primary, gpu, stage=stage, **policy) as proxy:
                answer = await proxy.post(ask, tenant=tenant)
                while not proxy.recorded.replies:
                    await asyncio.sleep(0.01)
                return answer, primary.seen, gpu.seen, proxy

    return asyncio.run(case())


@pytest.mark.parametrize("ask", [ASK, STREAM], ids=["json", "stream"])
def test_the_candidate_is_asked_as_it_understands(ask):
    ask = ask | {"user": "Dr Lim", "max_completion_tokens": 9}
    answer, cloud, (seen,), _ = served("live", ask, preset="ollama")
    assert answer.status_code == 200
    assert seen.json["max_tokens"] == 9 and seen.json["model"] == "own"
    assert not seen.json.keys() & {"user", "max_completion_tokens", "stream_options"}
    assert cloud == []


def test_the_client_reads_no_event_that_it_did_not_ask_for():
    _, _, (seen,), _ = served("live", STREAM, preset="vllm")
    assert "stream_options" not in seen.json
    _, _, (seen,), _ = served("live", STREAM, preset="vllm", include_usage="always")
    assert seen.json["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("stage", ["mirror", "canary", "live"])
def test_what_the_candidate_lacks_the_primary_answers(stage):
    ask = ASK | {"n": 2}
    answer, (seen,), gpu, proxy = served(stage, ask, preset="triton")
    assert answer.status_code == 200
    assert seen.json == ask
    assert gpu == []
    assert proxy.reply.side is Side.PRIMARY and proxy.reply.failed_over == ()
    assert proxy.accept.outcome is Outcome.PENDING


def test_where_no_primary_is_permitted_the_client_is_told_which_parameter():
    answer, cloud, gpu, proxy = served(
        "live", ASK | {"n": 2}, tenant="hospital", preset="triton"
    )
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "unsupported_parameter"
    assert "`n`: it gives one choice" in error["message"]
    assert answer.headers["x-should-retry"] == "false"
    assert (cloud, gpu) == ([], [])
    assert proxy.reply.end is End.CAPABILITY_GAP
    assert (proxy.accept.outcome, proxy.accept.reason) == (Outcome.EXCLUDED, "capability_gap")


def test_a_gap_never_counts_as_the_candidates_failure():
    _, _, _, proxy = served("live", ASK | {"n": 2}, preset="triton")
    engine = proxy.proxy.current.relay().engine
    assert engine.breakers.opened() == []
    assert engine.breakers._breakers == {}


def test_a_primary_that_fails_is_not_answered_for_by_a_candidate_with_a_gap():
    cloud = FakeUpstream(mode=Mode.ERROR)
    answer, _, gpu, _ = served("live", ASK | {"n": 2}, cloud=cloud, preset="triton")
    assert answer.status_code == 500
    assert gpu == []
