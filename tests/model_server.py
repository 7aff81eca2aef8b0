"""A fake model server as operators meet it before any traffic: models, key, version, odd fields.

async with ModelServer(models=("own",), refuses={"user"}, ignores={"n"}) as server:
    ...
"""

import asyncio
import json
import ssl
from dataclasses import dataclass, field

from fakes import FakeUpstream, Seen, completion, stream_events

RANKED = ("/v1/rerank", "/v2/rerank", "/rerank")


@dataclass(slots=True)
class ModelServer(FakeUpstream):
    """Answers each call of the API in its own shape. `refuses` are fields it answers with 400."""

    models: tuple[str, ...] = ("own",)
    key: str = ""
    pages: dict[str, object] = field(default_factory=dict)  # path -> what is told there
    refuses: frozenset[str] = frozenset()
    ignores: frozenset[str] = frozenset()
    lacks: tuple[str, ...] = ()  # calls it does not have
    cut_streams: bool = False
    tls: ssl.SSLContext | None = None

    @property
    def base_url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/v1"

    async def __aenter__(self):
        self._server = await asyncio.start_server(
            self._connection, "127.0.0.1", self.port, ssl=self.tls
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    @property
    def asked(self):
        """The bodies that were posted, decoded where they are JSON."""
        posted = [one for one in self.seen if one.method == "POST"]
        return [one.json for one in posted if b"multipart" not in one.raw]

    async def _answer(self, request: Seen, writer):
        if request.path in self.pages:
            return await self._whole(writer, 200, json.dumps(self.pages[request.path]).encode())
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return await self._error(writer, 401)
        if request.path == "/v1/models":
            data = [{"id": one, "object": "model"} for one in self.models]
            return await self._whole(writer, 200, json.dumps({"data": data}).encode())
        if request.method != "POST" or request.path in self.lacks:
            return await self._error(writer, 404)
        asked = {} if b"multipart" in request.raw else request.json
        if odd := sorted(self.refuses & asked.keys()):
            return await self._refusal(writer, odd[0])
        if asked.get("stream") is True:
            return await self._told(asked, writer)
        return await self._whole(writer, 200, self._shaped(request.path, asked))

    async def _refusal(self, writer, name):
        error = {"message": f"Unrecognized request argument supplied: {name}", "param": name}
        return await self._whole(writer, 400, json.dumps({"error": error}).encode())

    async def _told(self, asked, writer):
        usage = {"choices": [], "usage": {"completion_tokens": 1}}
        events = stream_events("ok", "own")
        if "stream_options" in asked and "stream_options" not in self.ignores:
            events.insert(-1, b"data: " + json.dumps(usage).encode() + b"\n\n")
        body = b"".join(events[:-1] if self.cut_streams else events)
        head = self._head(200, "text/event-stream", f"content-length: {len(body)}")
        writer.write(head + body)
        await writer.drain()
        return True

    def _shaped(self, path, asked):
        if path == "/v1/embeddings":
            count = asked.get("dimensions", 4) if "dimensions" not in self.ignores else 4
            return json.dumps({"data": [{"embedding": [0.5] * count}]}).encode()
        if path in RANKED:
            count = asked.get("top_n", 2) if "top_n" not in self.ignores else 2
            return json.dumps({"results": [{"index": at} for at in range(count)]}).encode()
        if path.startswith("/v1/audio"):
            return b'{"text": ""}'
        whole = json.loads(completion("ok", str(asked.get("model"))))
        if asked.get("logprobs") and "logprobs" not in self.ignores:
            whole["choices"][0]["logprobs"] = {"content": [{"token": "ok"}]}
        if asked.get("n") and "n" not in self.ignores:
            whole["choices"] *= asked["n"]
        return json.dumps(whole).encode()

    def _head(self, status, content_type, length):
        lines = [f"HTTP/1.1 {status} Said", f"content-type: {content_type}", length, "", ""]
        return "\r\n".join(lines).encode()
