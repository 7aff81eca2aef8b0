"""A real LiteLLM proxy that falls back to a cloud by itself: what crossfade makes of its answers.

LiteLLM lives in a virtual environment of its own: that of LITELLM_VENV, or one that is made here from
the registry and kept in pytest's cache. Its "cloud" is a fake on loopback that answers as OpenAI does.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from deployed import deployed, free_port, policy_text, until
from fakes import FakeUpstream, Mode, running
from proxied import ASK, STREAM, proxied

from compare import ledger
from cutover import history
from mirror.exchange import End, Side
from mirror.journal import events
from mirror.journal.store import Store

pytestmark = [pytest.mark.deep, pytest.mark.needs("litellm"), pytest.mark.timeout(600)]

OPENAI = {
    "openai-processing-ms": "12",
    "openai-organization": "clinics",
    "openai-version": "2020-10-01",
}
QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
}


@pytest.fixture(scope="module")
def program(request):
    """LiteLLM's own program."""
    given = os.environ.get("LITELLM_VENV")
    venv = Path(given) if given else request.config.cache.mkdir("litellm") / "venv"
    found = venv / "bin" / "litellm"
    if not found.exists():
        uv = Path(sys.executable).with_name("uv")
        for words in (
            [uv, "venv", "-q", "--python", sys.executable, venv],
            [uv, "pip", "install", "-q", "--python", venv / "bin" / "python", "litellm[proxy]"],
        ):
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"LiteLLM could not be installed: {done.stderr[-300:]}")
    return found


@contextlib.contextmanager
def litellm(program, folder, gpu, cloud):
    """A LiteLLM proxy with a group for each model of the tests, all falling back to the cloud."""
    behind = {name: f"openai/{name}" for name in ("own", "llama")}
    groups = [_group(name, model, gpu.base_url, "gpu-1") for name, model in behind.items()] + [
        _group("gpt-4o", "openai/gpt-4o", cloud.base_url, "cloud-1")
    ]
    config = {
        "model_list": groups,
        "litellm_settings": {"num_retries": 0, "telemetry": False},
        "router_settings": {
            "fallbacks": [{name: ["gpt-4o"]} for name in behind],
            "disable_cooldowns": True,
        },
    }
    (folder / "litellm.yaml").write_text(json.dumps(config))
    port = free_port()
    words = [program, "--config", folder / "litellm.yaml", "--host", "127.0.0.1"]
    with (folder / "litellm.log").open("wb") as log:
        process = subprocess.Popen(
            [*words, "--port", str(port)], stdout=log, stderr=log, env=os.environ | QUIET
        )
        try:
            until(lambda: _lives(process, port, folder), 180)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(30)


def _group(name, model, base_url, deployment):
    to = {"model": model, "api_base": base_url, "api_key": "none"}
    return {"model_name": name, "litellm_params": to, "model_info": {"id": deployment}}


def _lives(process, port, folder):
    assert process.poll() is None, (folder / "litellm.log").read_text()[-2000:]
    with contextlib.suppress(httpx.HTTPError):
        url = f"http://127.0.0.1:{port}/health/liveliness"
        return httpx.get(url, trust_env=False, timeout=2).status_code == 200
    return False


def test_a_gateway_that_falls_back_to_a_cloud_is_flagged_and_holds_the_rollout(
    program, tmp_path
):
    gpu, cloud = FakeUpstream(), FakeUpstream(headers=OPENAI, model="gpt-4o-2024-08-06")
    primary = FakeUpstream()
    with (
        running(gpu, cloud, primary),
        litellm(program, tmp_path, gpu, cloud) as gateway,
        deployed(tmp_path, patient(policy_text(primary.base_url, gateway))) as box,
        httpx.Client(trust_env=False, timeout=30) as client,
    ):

        def ask(words):
            message = {"role": "user", "content": words}
            answer = client.post(
                f"{box.base_url}/chat/completions",
                json={"model": "gpt-4o", "messages": [message]},
                headers={"x-crossfade-tenant": "klinik-a"},
            )
            assert answer.status_code == 200

        ask("while the GPU server lives")
        box.settled(1)
        assert rows(box)[0].fail_codes == ()
        assert asked(cloud) == 0
        gpu.mode = Mode.ERROR
        for number in range(3):
            ask(f"question {number}, which LiteLLM lets the cloud answer")
        box.settled(4)
        assert asked(cloud) == 3
        newest = rows(box)[:3]
        assert [row.fail_codes for row in newest] == [("SERVED_BY_OTHER",)] * 3
        assert {row.attribution.value for row in newest} == {"candidate_failed"}
        until(lambda: held(box) == "controller")
        (told,) = [one for one in alarms(box) if one["type"] == "candidate.served_by_other"]
        assert "a cloud answered: its headers are those of OpenAI" in told["reason"]
        assert "cloud-1" in told["details"]["facts"]["deployment"]


@pytest.mark.parametrize("ask", [ASK, STREAM], ids=["json", "stream"])
def test_an_answer_that_a_gateway_had_from_a_cloud_never_reaches_a_client(
    program, tmp_path, ask
):
    async def case(gateway, gpu):
        async with (
            FakeUpstream(text="theirs") as primary,
            proxied(primary, gateway, stage="live") as proxy,
        ):
            assert "ours" in (await proxy.post(json=ask)).text
            gpu.mode = Mode.ERROR
            answer = await proxy.post(json=ask)
            assert "theirs" in answer.text
            reply = proxy.recorded.replies[-1]
            assert (reply.side, [tried.end for tried in reply.failed_over]) == (
                Side.PRIMARY,
                [End.SERVED_BY_OTHER],
            )
            facts = {fact.name: fact.value for fact in proxy.recorded.replies[0].facts}
            assert (facts["model"], facts["deployment"]) == ("own", "gpu-1")

    gpu = FakeUpstream(text="ours")
    cloud = FakeUpstream(text="the cloud's", headers=OPENAI, model="gpt-4o-2024-08-06")
    with running(gpu, cloud), litellm(program, tmp_path, gpu, cloud) as gateway:
        asyncio.run(asyncio.wait_for(case(gateway, gpu), 120))


def patient(policy):
    """The policy with copies that may take their time: LiteLLM's first answer does."""
    return policy.replace("timeout_s: 3", "timeout_s: 60")


def asked(upstream):
    """How many answers it was asked for; LiteLLM also looks at its models."""
    return sum(seen.method == "POST" for seen in upstream.seen)


def rows(box):
    """The comparisons, the newest first."""
    with _reading(box) as conn:
        return ledger.recent(conn, "klinik-a", "chat", None, 50)


def held(box):
    """Who holds the rollout."""
    with _reading(box) as conn:
        return history.rollouts(conn)["klinik-a", "chat"].rollout.held_by


def alarms(box):
    """The bodies of the tenant's events."""
    with _reading(box) as conn:
        return [json.loads(one.body) for one in events.read(conn, "klinik-a")]


@contextlib.contextmanager
def _reading(box):
    store = Store.open(box.home.store_url)
    try:
        with store.read() as conn:
            yield conn
    finally:
        store.close()
