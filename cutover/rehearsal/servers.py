"""OpenAI-compatible servers that replay recorded answers, paced, as JSON or as a stream.

They listen on loopback only. A session's question that comes a second time is the primary asked
again: copies carry no mark that would tell them apart, which is as it should be. Shapes follow the API reference of `/v1/chat/completions` and
`/v1/models`; token counts are word counts, for nothing here depends on a tokenizer.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from cutover.rehearsal.replay import Asked, Replay, asked, chunks, pace


@dataclass(slots=True)
class ReplayServer:
    """One running server: where it listens, and how many requests of each tenant it has seen."""

    replay: Replay
    base_url: str = ""
    seen: Counter[str] = field(default_factory=Counter)
    asked_before: set[tuple[str, int]] = field(default_factory=set)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """Answers one chat completion."""
        question = await _question(request)
        if question is None:
            return _refused(400, "the body is no chat completion with a user message", "body")
        self.seen[question.tenant] += 1
        if question.model not in self.replay.models:
            known = ", ".join(self.replay.models)
            return _refused(404, f"no model {question.model!r}; known: {known}", "model")
        session = (question.tenant, question.session)
        again = question.session > 0 and session in self.asked_before
        self.asked_before.add(session)
        text = self.replay.answer(question, time.time_ns() // 1000, again=again)
        if text is None:
            return _refused(404, "this prompt was not recorded", "messages")
        if question.streaming:
            return await _stream(request, question, text)
        return await _whole(question, text)

    async def models(self, request: web.Request) -> web.Response:
        """Lists the models served."""
        data = [
            {"id": model, "object": "model", "created": 0, "owned_by": "rehearsal"}
            for model in self.replay.models
        ]
        return web.json_response({"object": "list", "data": data})


@asynccontextmanager
async def serving(replay: Replay) -> AsyncIterator[ReplayServer]:
    """A server on a free port of 127.0.0.1 for as long as the context lasts."""
    server = ReplayServer(replay)
    app = web.Application(client_max_size=100 * 2**20)
    app.router.add_post("/v1/chat/completions", server.chat)
    app.router.add_get("/v1/models", server.models)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        server.base_url = f"http://127.0.0.1:{port}/v1"
        yield server
    finally:
        await runner.cleanup()


@dataclass(slots=True)
class Listener:
    """A port that stands for a cloud nobody may reach: it counts who connects and says nothing."""

    base_url: str = ""
    connections: int = 0

    async def greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Counts one connection and closes it."""
        self.connections += 1
        writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """A listener on a free port of 127.0.0.1 for as long as the context lasts."""
    listener = Listener()
    server = await asyncio.start_server(listener.greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        listener.base_url = f"http://127.0.0.1:{port}/v1"
        yield listener


async def _question(request: web.Request) -> Asked | None:
    try:
        return asked(await request.json())
    except ValueError:
        return None


async def _whole(question: Asked, text: str) -> web.Response:
    speed = pace(question.prompt, question.model)
    await asyncio.sleep(speed.first_token_s + speed.chunk_s * len(chunks(text)))
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text, "refusal": None},
        "logprobs": None,
        "finish_reason": "stop",
    }
    return web.json_response(
        {
            **_head(question, "chat.completion"),
            "choices": [choice],
            "usage": _usage(question, text),
        }
    )


async def _stream(request: web.Request, question: Asked, text: str) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"content-type": "text/event-stream", "cache-control": "no-cache"}
    )
    await response.prepare(request)
    head = _head(question, "chat.completion.chunk")
    speed = pace(question.prompt, question.model)
    await asyncio.sleep(speed.first_token_s)
    try:
        await response.write(_event(head, {"role": "assistant", "content": ""}, None))
        for piece in chunks(text):
            await response.write(_event(head, {"content": piece}, None))
            await asyncio.sleep(speed.chunk_s)
        await response.write(_event(head, {}, "stop"))
        if question.include_usage:
            usage = {**head, "choices": [], "usage": _usage(question, text)}
            await response.write(f"data: {json.dumps(usage)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
    except ConnectionResetError:
        return response  # the asker has gone; its own side says so
    return response


def _head(question: Asked, kind: str) -> dict[str, object]:
    created = int(time.time())
    return {
        "id": f"chatcmpl-rehearsal-{question.session}",
        "object": kind,
        "created": created,
        "model": question.model,
    }


def _event(head: dict[str, object], delta: dict[str, str], finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    chunk = json.dumps({**head, "choices": [choice]}, ensure_ascii=False)
    return f"data: {chunk}\n\n".encode()


def _usage(question: Asked, text: str) -> dict[str, int]:
    asked_for, answered = len(question.prompt.split()), len(text.split())
    return {
        "prompt_tokens": asked_for,
        "completion_tokens": answered,
        "total_tokens": asked_for + answered,
    }


def _refused(status: int, message: str, param: str) -> web.Response:
    error = {
        "message": message,
        "type": "invalid_request_error",
        "param": param,
        "code": "not_recorded",
    }
    return web.json_response({"error": error}, status=status)
