"""What a reply says, whatever its shape: chat JSON or a stream of chunks, compressed or not.

A body that cannot be read is an `Answer` with a `problem`, never an exception: garbage from an
upstream is a finding about it. Chunks are merged as the OpenAI API documents them: text pieces are
joined, tool calls gathered by `index`; only the first choice is read.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import brotli
import zstandard

from mirror import surface
from mirror.dialects.openai import DONE
from mirror.exchange import Accept, Reply
from mirror.sse import EventTooLong, Parser

LARGEST = 32 * 1024 * 1024
"""Bytes a body may have after decompression."""

READ = frozenset({"chat"})
"""Dialects whose answers are read. Those of others have no score, and say so."""

_THOUGHT = re.compile(r"\A\s*<think>.*?</think>\s*", re.S)


class Undecodable(ValueError):
    """A body that its declared content encoding does not fit, or that grows beyond `LARGEST`."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function the answer asks for; `arguments` is JSON as the model wrote it."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply's canonical content. `problem` is empty, or why there is none to compare.

    Problems: `encoding`, `too_large`, `not_json`, `not_chat`, `error_event`.
    """

    text: str = ""
    finish_reason: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    model: str = ""
    problem: str = ""

    @property
    def said(self) -> str:
        """The words a person sees: the text, or the refusal the API reports apart from it."""
        return self.text or self.refusal

    @property
    def empty(self) -> bool:
        """Whether it says nothing and calls nothing."""
        return not self.said.strip() and not self.tool_calls


def read(reply: Reply) -> Answer:
    """The answer in a reply's body, of any encoding and either dialect shape."""
    try:
        body = decoded(reply.body, reply.content_encoding)
    except Undecodable as fault:
        return Answer(problem=str(fault))
    if reply.content_type.startswith("text/event-stream"):
        try:
            return _of_stream(body)
        except EventTooLong:
            return Answer(problem="too_large")
    parsed = _json(body)
    if parsed is None:
        return Answer(problem="not_json")
    return _of_object(parsed)


def prompt(body: bytes) -> str:
    """The words of a request's messages, in order, system messages last; empty where there are none."""
    parsed = _json(body)
    messages = [one for one in _list(parsed, "messages") if isinstance(one, Mapping)]
    ordered = sorted(messages, key=lambda one: one.get("role") in ("system", "developer"))
    return "\n".join(filter(None, (_content(one.get("content")) for one in ordered)))


def request_prompt(accept: Accept) -> str:
    """The prompt of an accepted request; empty where its body cannot be read."""
    try:
        return prompt(decoded(accept.body, accept.headers.get("content-encoding", "")))
    except Undecodable:
        return ""


def dialect_name(accept: Accept) -> str:
    """The dialect that an exchange was held in; empty for one that nobody knows any more."""
    dialect = surface.dialect_of(accept.method, accept.path)
    return dialect.name if dialect else ""


def recorded_key(accept: Accept, primary: Reply | None) -> str:
    """SHA-256 in hex of tenant, route, prompt and primary answer: equal for the same recorded answer.

    Where the dialect has no words that are read, empty: no two exchanges are known to be the same.
    """
    if dialect_name(accept) not in READ:
        return ""
    said = read(primary).said if primary else ""
    parts = [accept.tenant, accept.route, request_prompt(accept), said]
    canonical = json.dumps([" ".join(part.split()) for part in parts], ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def decoded(body: bytes, encoding: str) -> bytes:
    """A body without its content encodings (RFC 9110, 8.4). Raises `Undecodable`."""
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        body = _without(name, body)
        if len(body) > LARGEST:
            raise Undecodable("too_large")
    return body


def _without(name: str, body: bytes) -> bytes:
    try:
        match name:
            case "" | "identity":
                return body
            case "gzip" | "x-gzip" | "deflate":
                return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, LARGEST + 1)
            case "br":
                return bytes(
                    brotli.Decompressor().process(body, output_buffer_limit=LARGEST + 1)
                )
            case "zstd":
                return zstandard.ZstdDecompressor().stream_reader(body).read(LARGEST + 1)
    except (zlib.error, brotli.error, zstandard.ZstdError) as fault:
        raise Undecodable("encoding") from fault
    raise Undecodable("encoding")


def _of_object(parsed: object) -> Answer:
    if not isinstance(parsed, Mapping):
        return Answer(problem="not_chat")
    choice = next(iter(_list(parsed, "choices")), None)
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if not isinstance(choice, Mapping) or not isinstance(message, Mapping):
        return Answer(problem="not_chat", model=_text(parsed.get("model")))
    return Answer(
        text=_THOUGHT.sub("", _content(message.get("content"))),
        finish_reason=_text(choice.get("finish_reason")),
        refusal=_text(message.get("refusal")),
        tool_calls=tuple(_merged(_list(message, "tool_calls"), by_place=True)),
        model=_text(parsed.get("model")),
    )


def _of_stream(body: bytes) -> Answer:
    answer, chunks = Answer(), 0
    texts: list[str] = []
    refusals: list[str] = []
    calls: list[object] = []
    for data in _events(body):
        chunk = _json(data)
        if not isinstance(chunk, Mapping):
            return replace(answer, text="".join(texts), problem="not_json")
        if "error" in chunk:
            return replace(answer, text="".join(texts), problem="error_event")
        chunks += 1
        answer = replace(answer, model=_text(chunk.get("model")) or answer.model)
        for choice in _first_choices(chunk):
            delta = choice.get("delta")
            delta = delta if isinstance(delta, Mapping) else {}
            texts.append(_content(delta.get("content")))
            refusals.append(_text(delta.get("refusal")))
            calls.extend(_list(delta, "tool_calls"))
            finish = _text(choice.get("finish_reason")) or answer.finish_reason
            answer = replace(answer, finish_reason=finish)
    return replace(
        answer,
        text=_THOUGHT.sub("", "".join(texts)),
        refusal="".join(refusals),
        tool_calls=tuple(_merged(calls, by_place=False)),
        problem="" if chunks else "not_chat",
    )


def _events(body: bytes) -> Iterator[str]:
    for event in Parser().feed(body):
        if event.data.strip() != DONE:
            yield event.data


def _first_choices(chunk: Mapping[str, object]) -> list[Mapping[str, object]]:
    choices = [one for one in _list(chunk, "choices") if isinstance(one, Mapping)]
    return [one for one in choices if one.get("index", 0) == 0]


def _merged(pieces: Sequence[object], *, by_place: bool) -> list[ToolCall]:
    """Tool calls from their pieces; some servers repeat the whole name in every piece."""
    calls: dict[object, ToolCall] = {}
    for place, piece in enumerate(pieces):
        if not isinstance(piece, Mapping):
            continue
        key = place if by_place else piece.get("index", 0)
        function = piece.get("function")
        function = function if isinstance(function, Mapping) else {}
        name, arguments = _text(function.get("name")), _text(function.get("arguments"))
        call = calls.get(key, ToolCall("", ""))
        name = call.name if name == call.name else call.name + name
        calls[key] = ToolCall(name, call.arguments + arguments)
    return list(calls.values())


def _json(body: bytes | str) -> object:
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed


def _list(parsed: object, key: str) -> list[object]:
    found = parsed.get(key) if isinstance(parsed, Mapping) else None
    return found if isinstance(found, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _content(content: object) -> str:
    """A message's words: a string, or the text parts of a list."""
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, Mapping)]
        return "\n".join(filter(None, (_text(part.get("text")) for part in parts)))
    return _text(content)
