"""Drives recorded prompts through the proxy with the OpenAI client, of which only the address changed.

The loop is closed: a tenant never has more than `MOST_OPEN` exchanges that were sent but not yet
compared, so that the controller judges in time on a slow machine too. Every pass over the file is
shuffled anew, by a seed, and every second session streams.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import openai
from openai import AsyncOpenAI, DefaultAsyncHttpxClient

from cutover.rehearsal.answers import Line
from cutover.rehearsal.policy import PATIENT_HEADER, SESSION_HEADER
from cutover.rehearsal.replay import SESSION_KEY, TENANT_KEY

MOST_OPEN = 12
LOOK_S = 0.05
ANSWER_TIMEOUT_S = 120.0
PATIENTS = 40  # of each clinic, all invented


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation to hold: a single question, numbered from 1 within its tenant."""

    number: int
    line: Line
    streaming: bool


@dataclass(slots=True)
class Tally:
    """What became of one tenant's sessions, as its app saw them."""

    sent: int = 0
    answered: int = 0
    client_errors: int = 0
    last_error: str = ""

    @property
    def done(self) -> int:
        """Sessions that have ended, well or badly."""
        return self.answered + self.client_errors


def sessions(
    lines: Sequence[Line], seed: str, spare: Callable[[], bool] = lambda: False
) -> Iterator[Session]:
    """Endless sessions: pass after pass over the lines, each in an order of its own.

    While `spare` is true, lines that were asked before are asked again: traffic goes on, and the
    lines that can still be evidence are kept for later.
    """
    dice = random.Random(seed)  # noqa: S311 an order, not a secret
    fresh, used = _passes(lines, dice), list[Line]()
    for number in itertools.count(1):
        again = bool(used) and spare()
        line = dice.choice(used) if again else next(fresh)
        if not again and len(used) < len(lines):
            used.append(line)
        yield Session(number, line, streaming=number % 2 == 0)


def _passes(lines: Sequence[Line], dice: random.Random) -> Iterator[Line]:
    while True:
        order = list(lines)
        dice.shuffle(order)
        yield from order


def an_app(proxy_url: str, key: str) -> AsyncOpenAI:
    """The client as a clinic's app makes it, with another `base_url`."""
    # The environment's HTTP proxy is for the outside; everything here stays on loopback.
    web = DefaultAsyncHttpxClient(trust_env=False)
    return AsyncOpenAI(
        base_url=f"{proxy_url}/v1",
        api_key=key,
        max_retries=0,
        timeout=ANSWER_TIMEOUT_S,
        http_client=web,
    )


@dataclass(frozen=True, slots=True)
class Driver:
    """Holds one tenant's sessions at up to `rate` a second.

    `model_of` names the model on the wire for a line; `settled` says how many of the tenant's
    exchanges need no further work; `go_on` ends the loop when it turns false.
    """

    app: AsyncOpenAI
    tenant: str
    rate: float
    model_of: Callable[[Line], str]
    settled: Callable[[], int]
    go_on: Callable[[], bool]
    tally: Tally

    async def run(self, plan: Iterator[Session]) -> None:
        """Sends the sessions of the plan, and returns when the last is answered."""
        async with asyncio.TaskGroup() as tasks:
            for session in plan:
                started_s = time.monotonic()
                await self._room()
                if not self.go_on():
                    break
                self.tally.sent += 1
                tasks.create_task(self._hold(session))
                await asyncio.sleep(max(0.0, started_s + 1 / self.rate - time.monotonic()))

    async def _room(self) -> None:
        """Waits until fewer than MOST_OPEN exchanges are open. Those that failed may never be accepted."""
        while self.go_on() and (
            self.tally.sent - self.tally.client_errors - self.settled() >= MOST_OPEN
        ):
            await asyncio.sleep(LOOK_S)

    async def _hold(self, session: Session) -> None:
        try:
            ended = await self._ask(session)
            fault = "" if ended else "the answer stopped without its end"
        except openai.OpenAIError as error:
            fault = f"{type(error).__name__}: {error}"
        if fault:
            self.tally.client_errors += 1
            self.tally.last_error = fault
        else:
            self.tally.answered += 1

    async def _ask(self, session: Session) -> bool:
        """Whether the answer came to its end."""
        model = self.model_of(session.line)
        metadata = {TENANT_KEY: self.tenant, SESSION_KEY: str(session.number)}
        headers = {
            SESSION_HEADER: f"{self.tenant}-{session.number}",
            PATIENT_HEADER: f"P-{session.number % PATIENTS:04}",
        }
        if not session.streaming:
            whole = await self.app.chat.completions.create(
                model=model,
                messages=[{"role": "user", "content": session.line.input}],
                metadata=metadata,
                extra_headers=headers,
            )
            return bool(whole.choices)
        stream = await self.app.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": session.line.input}],
            metadata=metadata,
            extra_headers=headers,
            stream=True,
            stream_options={"include_usage": True},
        )
        ended = False
        async for chunk in stream:
            ended = ended or any(choice.finish_reason for choice in chunk.choices)
        return ended
