"""Asks crossfade what clinics ask, as a clinic's software would, and tells what the comparisons found.

    .venv/bin/python bench/real/chat.py --data data --questions 20 --out chat.jsonl

Runs where crossfade is installed, while `crossfade up` runs with bench/real/chat.yaml. It serves the demo's
recorded answers as the primary and sends some of the demo's questions with the SDK that clients use, every
second one streamed. One JSON object a line: how it was asked, and what `crossfade explain --json` would say.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiohttp import web
from openai import AsyncOpenAI

from cutover import explanation
from cutover.cli.options import operator
from cutover.people import Deed
from cutover.rehearsal import answers
from cutover.rehearsal.answers import Line
from cutover.rehearsal.demo import ANSWERS
from cutover.rehearsal.replay import Replay, by_prompt
from cutover.rehearsal.servers import ReplayServer
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.store import Store

PRIMARY = "primary"
MOST_TOKENS = 48
PATIENCE_S = 600


@asynccontextmanager
async def recorded(lines: Sequence[Line], port: int) -> AsyncIterator[None]:
    """The recorded answers at the address that the policy names."""
    replay = Replay({PRIMARY: PRIMARY}, by_prompt(lines), reask="primary-again")
    server = ReplayServer(replay)
    app = web.Application()
    app.router.add_post("/v1/chat/completions", server.chat)
    app.router.add_get("/v1/models", server.models)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
    finally:
        await runner.cleanup()


async def ask(client: AsyncOpenAI, number: int, line: Line) -> dict[str, Any]:
    """One question, and the exchange that answered it."""
    streamed = number % 2 == 0
    more: dict[str, Any] = {"stream_options": {"include_usage": True}} if streamed else {}
    answer = await client.chat.completions.with_raw_response.create(
        model=PRIMARY,
        messages=[{"role": "user", "content": line.input}],
        max_completion_tokens=MOST_TOKENS,
        temperature=0,
        metadata={"rehearsal_tenant": "clinic", "rehearsal_session": str(number)},
        stream=streamed,
        **more,
    )
    exchange = answer.headers["x-crossfade-exchange"]
    await answer.http_response.aread()
    return {"question": line.id, "streamed": streamed, "exchange": exchange}


async def explained(data: Path, exchange: str) -> dict[str, Any]:
    """What was found, as soon as both answers were compared."""
    home = Home.open(data)
    store, sealer = Store.open(home.store_url), Sealer.open(home)
    end_s = time.monotonic() + PATIENCE_S
    try:
        while True:
            deed = Deed(operator(), time.time_ns() // 1000, "a run with a real model")
            try:
                found = explanation.find(store, exchange)
                told = explanation.explain(store, found, None, deed, "not yet")
                if told.outcome != "pending" or time.monotonic() > end_s:
                    return asdict(explanation.explain(store, found, sealer, deed, ""))
            except explanation.NotFound:
                if time.monotonic() > end_s:
                    raise
            await asyncio.sleep(2)
    finally:
        store.close()


async def run(given: argparse.Namespace) -> None:
    lines = answers.read(ANSWERS, [PRIMARY, "primary-again"]).lines
    chosen = lines[:: max(1, len(lines) // given.questions)][: given.questions]
    headers = {"x-crossfade-tenant": "clinic"}
    client = AsyncOpenAI(base_url=given.base_url, api_key="none", default_headers=headers)
    async with recorded(lines, given.primary_port):
        asked = [await ask(client, number, line) for number, line in enumerate(chosen, 1)]
        with given.out.open("w") as opened:
            for one in asked:
                told = await explained(given.data, one["exchange"])
                opened.write(json.dumps({**one, "told": told}, ensure_ascii=False) + "\n")
                print(one["question"], told["outcome"], told["reason"], flush=True)


def main() -> None:
    """Ask for all, then wait for the comparisons."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--base-url", default="http://127.0.0.1:8080/v1")
    options.add_argument("--primary-port", type=int, default=9103)
    options.add_argument("--questions", type=int, default=20)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    asyncio.run(run(options.parse_args()))


if __name__ == "__main__":
    main()
