"""SIGKILL of a proxy worker at random points, again and again: what it accepted is in the ledger once.

Each worker is forked from a process that has imported everything, so that it is up in a moment and a
kill may meet it anywhere: before its first request, in the middle of streams, while it writes.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field

import httpx
import pytest
from builders import believed, two_sided
from deployed import until
from fakes import FakeUpstream, running
from proxied import standing
from sqlalchemy import select

from mirror import publish
from mirror.exchange import Leg
from mirror.journal import exchanges
from mirror.journal.drain import Drainer
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.store import Store
from mirror.journal.tables import exchange
from mirror.route_table import RouteTable

NURSERY = """
import os, sys
from pathlib import Path
from mirror import guard
from mirror.journal.home import Home
from mirror.proxy.process import Places, serve
from policies.policy import Policy

guard._trust()  # what every worker reads from the disk, once
policy, home = Policy.model_validate_json(sys.argv[1]), Home.open(Path(sys.argv[2]))
any_port = ("127.0.0.1", 0)
for _ in sys.stdin:
    child = os.fork()
    if not child:
        serve(policy, home, Places(any_port, any_port),
              lambda proxy: print(os.getpid(), proxy.at.front[1], proxy.at.direct[1], flush=True))
        os._exit(0)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


@dataclass
class Told:
    """What clients know: the number of each request that was sent, and the ids of whole answers."""

    sent: int = 0
    whole: dict[str, str] = field(default_factory=dict)  # exchange by request


async def _ask(client, url, told, stream):
    told.sent += 1
    number = f"r{told.sent}"
    body = {"model": "big", "stream": stream, "messages": [{"role": "user", "content": number}]}
    headers = {"x-crossfade-tenant": "clinic", "x-request-id": number}
    with contextlib.suppress(httpx.HTTPError):
        answer = await client.post(f"{url}/v1/chat/completions", json=body, headers=headers)
        if answer.status_code == 200 and (not stream or "[DONE]" in answer.text):
            told.whole[number] = answer.headers["x-crossfade-exchange"]


async def _life(nursery, told, chance):
    """One worker: started, asked by eight clients, killed at a random moment."""
    nursery.stdin.write("another\n")
    nursery.stdin.flush()
    pid, *ports = map(int, (await asyncio.to_thread(nursery.stdout.readline)).split())
    url = f"http://127.0.0.1:{chance.choice(ports)}"
    over = asyncio.Event()

    async def keep_asking(client, number):
        while not over.is_set():  # to cancel it would be lost on a connection that just failed
            await _ask(client, url, told, stream=number % 2 == 0)

    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        asking = [asyncio.ensure_future(keep_asking(client, number)) for number in range(8)]
        await asyncio.sleep(chance.uniform(0, 0.5))
        os.kill(pid, signal.SIGKILL)
        assert await asyncio.to_thread(nursery.stdout.readline) == "ended\n"
        over.set()
        await asyncio.gather(*asking)


async def _lives(nursery, kills, seed):
    told, chance = Told(), random.Random(seed)
    for _ in range(kills):
        await _life(nursery, told, chance)
    return told


def _drained(home):
    """The store, once everything of every dead worker's spool is in it."""
    store = Store.open(home.store_url)
    drainer = Drainer(home, store, Sealer.open(home))
    until(lambda: drainer.step() == 0 and not list(home.spool.glob("proxy-*")), 120)
    return store


def _killed(tmp_path, kills, seed):
    """Kills so many workers; what clients know, the fake upstream, and the store afterwards."""
    upstream = FakeUpstream(text="one two three four five six", pace_s=0.01)
    with running(upstream):
        policy = two_sided(upstream.base_url, upstream.base_url)
        home = Home.open(tmp_path / "data")
        row = standing()
        routes = believed(RouteTable(1, 1, {("clinic", "chat"): row}), policy)
        publish.write(home.routes_file, routes)
        text = json.dumps(policy.model_dump(mode="json", exclude_none=True))
        nursery = subprocess.Popen(
            [sys.executable, "-c", NURSERY, text, str(home.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            told = asyncio.run(_lives(nursery, kills, seed))
        finally:
            nursery.stdin.close()
            nursery.wait(30)
    return told, upstream, home, _drained(home)


def _check(tmp_path, kills, seed):
    told, upstream, home, store = _killed(tmp_path, kills, seed)
    sealer = Sealer.open(home)
    with store.read() as conn:
        ids = conn.execute(select(exchange.c.id)).scalars().all()
        found = {one: exchanges.load(conn, one, sealer) for one in ids}
        ledger = exchanges.ledger(conn)[("clinic", "chat")]
    numbers = Counter(one.accept.headers["x-request-id"] for one in found.values())
    assert set(numbers.values()) == {1}, "a request is in the ledger twice"
    asked = {seen.headers["x-request-id"] for seen in upstream.seen}
    assert asked <= numbers.keys(), "an upstream was asked what is not on record"
    assert len(asked) == len(upstream.seen), "an upstream was asked twice"
    for number, identifier in told.whole.items():
        one = found[identifier]
        assert one.accept.headers["x-request-id"] == number
        # Its last bytes may be with the client a moment before they are on record.
        assert Leg.SERVED not in one.replies or one.replies[Leg.SERVED].answered
    unfinished = [one for one in found.values() if Leg.SERVED not in one.replies]
    assert ledger.seen == len(found) == ledger.pending + ledger.failed
    assert ledger.failed == ledger.reasons["failed: process_killed"] == len(unfinished) > 0


def test_ten_killed_workers_leave_every_request_in_the_ledger_once(tmp_path):
    _check(tmp_path, 10, seed=1)


@pytest.mark.deep
@pytest.mark.timeout(1800)  # a busy machine takes its time to start each
def test_two_hundred_killed_workers_leave_every_request_in_the_ledger_once(tmp_path):
    _check(tmp_path, 200, seed=2)
