"""Two machines on one PostgreSQL: what one's controller decides, the other's proxy obeys."""

import shutil
from pathlib import Path

import httpx
import pytest
from deployed import free_port, policy_text, until
from fakes import FakeUpstream, running

from bench.times.fleet import begun, only_a_proxy
from cutover.cli.deployment import Deployment, start_up
from cutover.stages import Stage
from mirror.journal import chosen, exchanges
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.store import Store
from mirror.publish import version_in
from policies.load import parse

KEY = ("klinik-a", "chat")
SECRET = "geheim-4711"


def command_lines(pids):
    return b"".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids)


def ask(url, number):
    answer = httpx.post(
        f"{url}/v1/chat/completions",
        json={"model": "gpt-4o", "messages": [{"role": "user", "content": "?"}]},
        headers={"x-crossfade-tenant": KEY[0], "x-session-id": f"s{number}"},
        trust_env=False,
        timeout=60,
    )
    return answer.json()["choices"][0]["message"]["content"]


def roll_back(url, token):
    answer = httpx.post(
        f"{url}/v1/rollouts/{'/'.join(KEY)}/rollbacks",
        json={"reason": "to see whether the other hears it"},
        headers={"authorization": f"Bearer {token}"},
        trust_env=False,
    )
    answer.raise_for_status()


@pytest.fixture
def url(store_url, monkeypatch):
    """The store's, with a password, as every process is told it."""
    url = store_url.replace("postgres@", f"postgres:{SECRET}@")
    monkeypatch.setenv(chosen.VARIABLE, url)
    return url


@pytest.fixture
def folders(tmp_path):
    """The data folders of two machines with the same keys."""
    first, second = tmp_path / "first", tmp_path / "second"
    Sealer.open(Home.open(first))
    shutil.copytree(first / "keys", second / "keys")  # what one sealed the other opens
    return first, second


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.parametrize("store_on", ["postgresql"], indirect=True)
def test_a_rollback_is_obeyed_on_another_machine_and_no_secret_is_shown(tmp_path, url, folders):
    primary, gpu = FakeUpstream(text="of the primary"), FakeUpstream(text="of the candidate")
    first, second = folders
    with running(primary, gpu):
        text = policy_text(primary.base_url, gpu.base_url) + "encoders: [{kind: onnx_int8}]\n"
        policy = tmp_path / "policy.yaml"
        policy.write_text(text)
        store = Store.open(url)
        _, token = begun(store, parse(text, str(policy)), {KEY[0]: Stage.LIVE})
        proxy, control = (("127.0.0.1", free_port()) for _ in range(2))
        whole = Deployment(policy, first, proxy, control, tick_s=0.2, shared=True)
        with (
            start_up(whole) as here,
            only_a_proxy(policy, second, shared=True) as (there, supervisor),
        ):
            assert here.wait_ready(100)
            until(lambda: version_in(first / "routes.json"))
            until(lambda: version_in(second / "routes.json"))
            assert ask(here.proxy_url, 1) == ask(there, 2) == "of the candidate"
            roll_back(here.control_url, token)
            assert ask(here.proxy_url, 3) == "of the primary"
            until(lambda: ask(there, 4) == "of the primary")
            until(lambda: _seen(store) >= 4)
            pids = [supervisor.pid(name) for name in ("proxy", "drain", "follow")]
            pids += [here.supervisor.pid(name) for name in ("proxy", "controller", "score")]
            assert SECRET.encode() not in command_lines(filter(None, pids))
        store.close()
    kept = [one for one in (*first.rglob("*"), *second.rglob("*")) if one.is_file()]
    assert not [one for one in kept if SECRET.encode() in one.read_bytes()]
    assert (first / chosen.NAME).read_text() == (second / chosen.NAME).read_text()
    assert not (first / chosen.OWN).exists()


def _seen(store):
    with store.read() as conn:
        found = exchanges.ledger(conn).get(KEY)
    return found.seen if found else 0
