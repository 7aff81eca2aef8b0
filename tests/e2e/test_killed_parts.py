"""SIGKILL of any part, PostgreSQL among them, at random moments under load: nothing acknowledged is lost.

What a client was answered, and what a person was told was done, stands in the event log afterwards, and the
log is whole.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from deployed import deployed, policy_text, until
from fakes import FakeUpstream, running

from bench.times.postgres import server, url_of
from cutover import people
from cutover.people import Actor, Kind, Role
from mirror import supervise
from mirror.journal import chain, chosen, events
from mirror.journal.store import Store, StoreError

TENANT, ROUTE = "klinik-a", "chat"
WHERE = f"/v1/rollouts/{TENANT}/{ROUTE}/holds"
CLIENTS = 4
DATABASE = "postgresql"


@dataclass
class Told:
    """What was acknowledged: exchanges whose answers arrived whole, and reasons of holds that were placed."""

    answered: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)


def _answer(request):
    return f"Answer to: {request['messages'][-1]['content']}. Drink water and rest well today."


async def _client(url, number, told, stop):
    """Asks again and again; an answer counts once its last byte is here."""
    body = {"model": "gpt-4o", "stream": number % 2 == 0}
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        asked = 0
        while not stop.is_set():
            asked += 1
            question = [{"role": "user", "content": f"question {asked} of {number}"}]
            headers = {"x-crossfade-tenant": TENANT, "x-session-id": f"{number}-{asked}"}
            with contextlib.suppress(httpx.HTTPError):
                answer = await client.post(
                    f"{url}/chat/completions",
                    json=body | {"messages": question},
                    headers=headers,
                )
                if answer.status_code == 200 and (number % 2 or "[DONE]" in answer.text):
                    told.answered.add(answer.headers["x-crossfade-exchange"])
            await asyncio.sleep(0.02)


async def _engineer(url, token, told, stop):
    """Places a hold and lifts it, again and again."""
    headers = {"authorization": f"Bearer {token}"}
    placed = 0
    async with httpx.AsyncClient(trust_env=False, timeout=20, headers=headers) as client:
        while not stop.is_set():
            placed += 1
            with contextlib.suppress(httpx.HTTPError):
                answer = await client.post(f"{url}{WHERE}", json={"reason": f"hold {placed}"})
                if answer.status_code == 201:
                    told.held.add(f"hold {placed}")
                await client.delete(f"{url}{WHERE}", params={"reason": f"lift {placed}"})
            await asyncio.sleep(0.05)


@contextmanager
def _asking(box, token):
    """Clients and an engineer at work in a thread while the block runs."""
    told, stop = Told(), threading.Event()

    async def work():
        clients = [_client(box.base_url, number, told, stop) for number in range(CLIENTS)]
        await asyncio.gather(*clients, _engineer(box.running.control_url, token, told, stop))

    thread = threading.Thread(target=asyncio.run, args=(work(),))
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join()


def _kill(box, name, database):
    if name == DATABASE:
        database.end(signal.SIGKILL)
        until(lambda: _started(database))
        return
    pid = box.running.supervisor.pid(name)
    if pid is not None:  # it may be on its way up after the last kill
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _started(database):
    """Whether it runs again: what it left running must have ended before."""
    try:
        database.start()
    except AssertionError:
        return False
    return True


def _engineer_of(home):
    store = Store.open(home.store_url)
    with store.write() as conn:
        by = Actor(Kind.HUMAN, "os:root")
        token = people.add(conn, "ena", [Role.ENGINEER], by=by, at_us=1)
    store.close()
    return token


def _logged(store, kind, tenant=TENANT):
    """Events of one type of the tenant's log."""
    found, after = [], 0
    with store.read() as conn:
        while piece := events.read(conn, tenant, after=after):
            found += [json.loads(one.body) for one in piece if one.type == kind]
            after = piece[-1].seq
    return found


def _whole(store):
    """Every log, checked from its first event on."""
    with store.read() as conn:
        return {of: list(chain.checked(conn, of))[-1] for of in chain.tenants(conn)}


def _fsck(home):
    words = [sys.executable, "-m", "cutover.cli", "fsck", "--data", str(home.path)]
    return subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)


def _survives(tmp_path, rounds, seed, database=None):
    """Kills one part after another; then everything acknowledged is on the log, and the log is whole."""
    chance = random.Random(seed)
    primary, candidate = (FakeUpstream(answer=_answer, pace_s=0.005) for _ in range(2))
    with (
        running(primary, candidate),
        deployed(tmp_path, policy_text(primary.base_url, candidate.base_url)) as box,
    ):
        parts = [child.name for child in box.running.supervisor.children]
        parts += [DATABASE] if database else []
        token = _engineer_of(box.home)
        with _asking(box, token) as told:
            until(lambda: len(told.answered) > 20 and told.held)
            for _ in range(rounds):
                threading.Event().wait(chance.uniform(0.05, 1.0))
                _kill(box, chance.choice(parts), database)
            answered = len(told.answered)
            until(lambda: len(told.answered) > answered + 20)  # it goes on after the last kill
        store = Store.open(box.home.store_url)
        until(lambda: _all_logged(store, told), 200)
        box.settled(len(told.answered), 200)
    assert {one["reason"] for one in _logged(store, "hold.placed")} >= told.held
    assert all(isinstance(whole, int) for whole in _whole(store).values())
    served = [one["object"]["id"] for one in _logged(store, "request.served")]
    assert len(served) == len(set(served))  # once each
    store.close()
    done = _fsck(box.home)
    assert done.returncode == 0, done.stdout + done.stderr
    return told


def _all_logged(store, told):
    try:
        return {
            one["object"]["id"] for one in _logged(store, "request.served")
        } >= told.answered
    except StoreError:  # the database was killed a moment ago
        return False


@pytest.fixture
def at_once(monkeypatch):
    """What is killed is started again at once: these rounds are about the kills."""
    monkeypatch.setattr(supervise, "restart_delay", lambda failures, code: 0.05)


@pytest.fixture
def database(monkeypatch):
    """A PostgreSQL that syncs what it commits, as the store of the deployment."""
    with server() as one:
        monkeypatch.setenv(chosen.VARIABLE, url_of(one.folder))
        yield one


@pytest.mark.timeout(400)
@pytest.mark.usefixtures("at_once")
def test_whatever_is_killed_what_was_acknowledged_is_on_the_log_and_the_log_is_whole(tmp_path):
    assert _survives(tmp_path, 10, seed=7).answered


@pytest.mark.deep
@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("at_once")
def test_of_a_hundred_kills_on_one_box_none_loses_what_was_acknowledged(tmp_path):
    assert _survives(tmp_path, 100, seed=11).answered


@pytest.mark.deep
@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("at_once")
def test_of_a_hundred_kills_with_postgresql_among_the_killed_none_does(tmp_path, database):
    assert _survives(tmp_path, 100, seed=13, database=database).answered
