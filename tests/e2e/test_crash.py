"""SIGKILL of any part in the middle: every exchange is accounted for exactly once."""

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from deployed import deployed, free_port, policy_text, until
from fakes import FakeUpstream, running

TENANT = {"x-crossfade-tenant": "klinik-a"}
PARTS = 8  # proxy, drain, shadow, score, controller, notify, signer and dashboard


@pytest.fixture
def fakes():
    primary = FakeUpstream(answer=_answer, pace_s=0.02)
    candidate = FakeUpstream(answer=_answer, pace_s=0.02)
    with running(primary, candidate):
        yield primary, candidate


def _answer(request):
    return f"Answer to: {request['messages'][-1]['content']}. Drink water and rest well today."


def _processes_of(folder):
    """Process ids whose command line names a folder."""
    found = []
    for number, words in _command_lines():
        if str(folder) in words and "cutover.cli" in words:
            found.append(number)
    return found


def _command_lines():
    """Process ids with their command lines; not every small machine has `ps`, nor every system /proc."""
    if Path("/proc/self/cmdline").exists():
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):  # it has just ended
                yield int(path.parent.name), path.read_bytes().decode(errors="replace")
        return
    listing = subprocess.run(
        ["ps", "-axww", "-o", "pid=", "-o", "command="],
        check=True,
        capture_output=True,
        text=True,
    )
    for line in listing.stdout.splitlines():
        number, _, words = line.strip().partition(" ")
        yield int(number), words


async def _ask(box, count, *, concurrency=8):
    """Sends `count` requests; returns the ids of the answers that arrived whole, and the errors."""
    gate, ids, errors = asyncio.Semaphore(concurrency), [], []

    async def one(client, number):
        body = {
            "model": "gpt-4o",
            "stream": number % 2 == 0,
            "messages": [{"role": "user", "content": f"question {number}"}],
        }
        async with gate:
            try:
                answer = await client.post("/chat/completions", json=body)
                answer.raise_for_status()
                ids.append(answer.headers["x-crossfade-exchange"])
            except httpx.HTTPError as error:
                errors.append(error)

    async with httpx.AsyncClient(
        base_url=box.base_url, headers=TENANT, trust_env=False, timeout=20
    ) as client:
        await asyncio.gather(*(one(client, number) for number in range(count)))
    return ids, errors


async def _ask_while(box, count, *kills):
    """Sends requests and kills the named parts while they are under way."""
    asking = asyncio.create_task(_ask(box, count))  # noqa: TID251 awaited below
    for name in kills:
        await asyncio.sleep(0.4)
        await asyncio.to_thread(box.kill, name)
    return await asking


async def _ask_and_kill_the_proxy(box, count, primary):
    """Sends requests, and kills the proxy while the primary holds back the end of some answers."""
    primary.gate = asyncio.Event()
    asking = asyncio.create_task(_ask(box, count))  # noqa: TID251 awaited below
    await asyncio.to_thread(
        until, lambda: sum(seen.json["stream"] for seen in primary.seen) > 3
    )
    await asyncio.to_thread(box.kill, "proxy")
    primary.call(primary.gate.set)
    return await asking


def test_killing_worker_and_controller_is_not_noticed_by_clients(tmp_path, fakes):
    primary, candidate = fakes
    with deployed(tmp_path, policy_text(primary.base_url, candidate.base_url)) as box:
        ids, errors = asyncio.run(_ask_while(box, 60, "shadow", "score", "controller", "drain"))
        ledger = box.settled(60)
    assert errors == []
    assert len(set(ids)) == 60
    assert ledger.seen == 60
    assert ledger.compared == 60


def test_after_the_proxy_is_killed_every_accepted_exchange_is_in_the_ledger_once(
    tmp_path, fakes
):
    primary, candidate = fakes
    with deployed(tmp_path, policy_text(primary.base_url, candidate.base_url)) as box:
        ids, errors = asyncio.run(_ask_and_kill_the_proxy(box, 60, primary))
        assert errors
        assert box.running.wait_ready(100)
        more, later_errors = asyncio.run(_ask(box, 10))
        ledger = box.settled(len(ids) + 10)
    assert later_errors == []
    killed = ledger.reasons.get("failed: process_killed", 0)
    assert ledger.seen == ledger.compared + ledger.failed + ledger.excluded
    assert ledger.compared >= len(ids) + len(more)
    assert killed >= 4
    assert ledger.seen <= 70


def test_no_part_outlives_its_supervisor(tmp_path, fakes):
    primary, candidate = fakes
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text(primary.base_url, candidate.base_url))
    control = f"127.0.0.1:{free_port()}"
    where = ["-p", path, "--data", tmp_path / "data", "--control", control]
    ports = ["--listen", f"{free_port()}", "--dashboard", f"{free_port()}"]
    up = subprocess.Popen([sys.executable, "-m", "cutover.cli", "up", *where, *ports])
    try:
        until(lambda: len(_processes_of(tmp_path)) == 1 + PARTS)
        until((tmp_path / "data" / "control.json").exists)
    finally:
        up.kill()
        up.wait()
    until(lambda: not _processes_of(tmp_path))
