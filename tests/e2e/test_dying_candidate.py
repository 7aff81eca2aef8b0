"""A live candidate dies in the middle of traffic, and nobody is left who could roll it back.

The proxy alone holds the damage to what had already begun: streams whose first words were with their
clients. Everything else is answered by the primary, whatever became of store, controller and table.
"""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import openai
import pytest
from deployed import deployed, policy_text, until
from fakes import FakeUpstream, Mode, running

from bench.times.fleet import begun
from cutover import history
from cutover.stages import Stage
from mirror.journal.home import Home
from mirror.journal.store import Store
from policies.load import parse

KEY = ("klinik-a", "chat")
TENANT = {"x-crossfade-tenant": "klinik-a"}
SAME = "Drink plenty of water, rest in bed, and come back if the cough has not gone in a week. "
# Long enough that a stream of the candidate's has far to go when its first words are heard.
OURS, THEIRS = (f"{SAME * 6}This was the answer of {side}." for side in ("ours", "theirs"))
STREAMS, WHOLES = 6, 3
BEFORE, AFTER = 40, 80  # requests that end before the death, and that begin after it
CANDIDATE = """
import asyncio, sys
from fakes import FakeUpstream, Mode

async def serve(text):
    fake = FakeUpstream(Mode.SLOW, text, delay_s=0.1, pace_s=0.02)
    async with fake:
        print(fake.base_url, flush=True)
        await asyncio.Event().wait()

asyncio.run(serve(sys.argv[1]))
"""


@dataclass
class Asked:
    """One request as an SDK's user saw it."""

    began_s: float
    streams: bool
    heard: str = ""
    error: str = ""
    ended_s: float = 0.0

    @property
    def broken(self):
        """Whether its user did not get a whole answer."""
        return bool(self.error) or self.heard not in (OURS, THEIRS)


@dataclass
class Users:
    """People who ask one question after another, each in a session of its own."""

    base_url: str
    asked: list = field(default_factory=list)
    numbers: count = field(default_factory=count)
    over: threading.Event = field(default_factory=threading.Event)

    async def _one(self, client, one):
        question = [{"role": "user", "content": f"question {next(self.numbers)}"}]
        given = {"model": "gpt-4o", "messages": question}
        headers = {"x-session-id": f"s{next(self.numbers)}"}
        try:
            if one.streams:
                found = await client.chat.completions.create(
                    **given, stream=True, extra_headers=headers
                )
                async for event in found:
                    one.heard += (event.choices[0].delta.content or "") if event.choices else ""
            else:
                found = await client.chat.completions.create(**given, extra_headers=headers)
                one.heard = found.choices[0].message.content
        except Exception as error:
            one.error = f"{type(error).__name__}: {error}"
        one.ended_s = time.monotonic()

    async def _user(self, client, streams):
        while not self.over.is_set():
            one = Asked(time.monotonic(), streams)
            self.asked.append(one)
            await self._one(client, one)

    async def _all(self):
        async with (
            openai.AsyncOpenAI(
                base_url=self.base_url,
                api_key="k",
                default_headers=TENANT,
                max_retries=0,
                timeout=120,
            ) as client,
            asyncio.TaskGroup() as tasks,
        ):
            for streams in [True] * STREAMS + [False] * WHOLES:
                tasks.create_task(self._user(client, streams))

    @contextmanager
    def at_work(self):
        thread = threading.Thread(target=lambda: asyncio.run(self._all()))
        thread.start()
        try:
            yield self
        finally:
            self.over.set()
            thread.join()


@contextmanager
def a_candidate():
    """A GPU server as a process of its own; gives it and its base URL."""
    tests = Path(__file__).parent.parent
    process = subprocess.Popen(
        [sys.executable, "-c", CANDIDATE, OURS],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": f"{tests}:{tests.parent}"},
    )
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@contextmanager
def the_store_locked(box):
    """Nobody can write to it: no record, no lease, no transition."""
    conn = sqlite3.connect(box.home.path / "store.db", timeout=60, isolation_level=None)
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        conn.execute("ROLLBACK")
        conn.close()


@contextmanager
def the_drainer_stopped(box):
    """What happens reaches the store no more."""
    pid = box.running.supervisor.pid("drain")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def the_controller_dead(box):
    """Killed, and again whenever its supervisor starts it."""
    over = threading.Event()

    def keep_dead():
        while not over.wait(0.02):
            pid = box.running.supervisor.pid("controller")
            if pid is not None:
                os.kill(pid, signal.SIGKILL)

    box.kill("controller")
    thread = threading.Thread(target=keep_dead)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def the_table_gone(box):
    with the_controller_dead(box):
        box.home.routes_file.unlink()
        yield


@contextmanager
def the_table_garbage(box):
    with the_controller_dead(box):
        box.home.routes_file.write_bytes(b"\x00" * 100)
        yield


TROUBLES = (
    the_store_locked,
    the_drainer_stopped,
    the_controller_dead,
    the_table_gone,
    the_table_garbage,
)


@contextmanager
def a_store(folder, text):
    """One in which the rollout is live; open for as long as the block lasts."""
    store = Store.open(Home.open(folder / "data").store_url)
    begun(store, parse(text, "policy.yaml"), {KEY[0]: Stage.LIVE})
    yield store
    store.close()


def _stage(store):
    with store.read() as conn:
        return history.rollouts(conn)[KEY].rollout.stage


def _so_many(users, number, since_s=0.0):
    """Whether so many requests that began since then have ended."""
    asked = tuple(users.asked)
    return sum(one.ended_s > 0 and one.began_s >= since_s for one in asked) >= number


def _has_begun(one):
    """Whether somebody reads the first words of a stream, of which most is still to come."""
    return 0 < len(one.heard) < len(OURS) / 4 and not one.ended_s


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: one.__name__)
def test_of_a_dying_live_candidate_only_streams_that_had_begun_break(tmp_path, trouble):
    primary = FakeUpstream(Mode.SLOW, THEIRS, delay_s=0.02)
    with ExitStack() as stack:
        process, url = stack.enter_context(a_candidate())
        stack.enter_context(running(primary))
        text = policy_text(primary.base_url, url) + "encoders: [{kind: onnx_int8}]\n"
        store = stack.enter_context(a_store(tmp_path, text))
        box = stack.enter_context(deployed(tmp_path, text))
        users = stack.enter_context(Users(box.base_url).at_work())
        until(lambda: _so_many(users, BEFORE))
        before = len(users.asked)
        with trouble(box):
            until(lambda: _so_many(users, before + STREAMS))
            until(lambda: any(_has_begun(one) for one in tuple(users.asked)))
            process.kill()
            died_s = time.monotonic()
            until(lambda: _so_many(users, AFTER, died_s))
            assert _stage(store) is Stage.LIVE, (
                "somebody rolled it back: the proxy was not alone"
            )
    broken = [one for one in users.asked if one.broken]
    assert broken, "nothing was under way, so nothing is shown"
    assert all(one.streams and one.heard and one.began_s < died_s for one in broken), [
        one for one in broken if not one.heard or one.began_s >= died_s
    ]
    assert len(broken) <= STREAMS
    assert any(one.heard == OURS for one in users.asked), "the candidate was never live"
    later = [one for one in users.asked if one.began_s >= died_s]
    assert {one.heard for one in later} == {THEIRS}
