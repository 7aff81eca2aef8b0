"""What a fake upstream answers at each endpoint of the OpenAI API, and at vLLM's beside it.

Every answer is a function of the request alone, so that two that are asked the same say the same.
"""

import base64
import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

type Asked = Mapping[str, Any]

JSON, SPEECH = "application/json", b"ID3" + bytes(range(256)) * 40
CREATED = 1_700_000_000


@dataclass(frozen=True, slots=True)
class Whole:
    """An answer at once."""

    body: bytes
    content_type: str = JSON


def whole(path: str, asked: Asked, text: str, model: str) -> Whole:
    """The answer to a call that asked for no stream."""
    path = path.partition("?")[0]
    if path.endswith("/chat/completions"):
        return _json(chat(asked, text, model))
    answer = _WHOLE.get(path.rpartition("/")[2])
    return answer(asked, text, model) if answer else _json({"id": "obj-1", "object": "thing"})


def stream(path: str, asked: Asked, text: str, model: str) -> list[bytes]:
    """The events of the answer to a call that asked for a stream."""
    words = [word + " " for word in text.split(" ")]
    words[-1] = words[-1][:-1]
    if path.endswith("/responses"):
        return _response_events(words, model)
    if path.endswith(("/transcriptions", "/translations")):
        told = [{"type": "transcript.text.delta", "delta": word} for word in words]
        return [*map(_event, [*told, {"type": "transcript.text.done", "text": text}])]
    if path.endswith("/chat/completions"):
        deltas = _deltas(asked, words)
    else:
        deltas = [{"text": word, "finish_reason": None} for word in words]
        deltas.append({"text": "", "finish_reason": "stop"})
    kind = "chat.completion.chunk" if path.endswith("/chat/completions") else "text_completion"
    chunks = [_named("chatcmpl-1", kind, model, choices=[{"index": 0} | d]) for d in deltas]
    return [*map(_event, chunks), b"data: [DONE]\n\n"]


def chat(asked: Asked, text: str, model: str) -> dict[str, Any]:
    """A chat completion: a call of the first tool where there is one, otherwise the text."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    finish = "stop"
    if asked.get("tools"):
        message, finish = {"role": "assistant", "tool_calls": [_call(asked)]}, "tool_calls"
    elif asked.get("response_format"):
        message["content"] = text if text.startswith("{") else json.dumps({"dose": text})
    choice = {"index": 0, "message": message, "finish_reason": finish}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return _named("chatcmpl-1", "chat.completion", model, choices=[choice], usage=usage)


def response(text: str, model: str, status: str = "completed") -> dict[str, Any]:
    """A response with one message."""
    said = {"type": "output_text", "text": text, "annotations": []}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": CREATED,
        "model": model,
        "status": status,
        "error": None,
        "output": [message | {"content": [said]}] if status == "completed" else [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def _response_events(words: list[str], model: str) -> list[bytes]:
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    told: list[dict[str, Any]] = [
        {"type": "response.created", "response": response("", model, "in_progress")},
        *({"type": "response.output_text.delta", "delta": word} | at for word in words),
        {"type": "response.output_text.done", "text": "".join(words)} | at,
        {"type": "response.completed", "response": response("".join(words), model)},
    ]
    numbered = [one | {"sequence_number": number} for number, one in enumerate(told)]
    return [f"event: {one['type']}\n".encode() + _event(one) for one in numbered]


def _call(asked: Asked) -> dict[str, Any]:
    name = asked["tools"][0]["function"]["name"]
    return {
        "id": "call_1",
        "type": "function",
        "function": {"name": name, "arguments": '{"drug": "metformin"}'},
    }


def _deltas(asked: Asked, words: list[str]) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = [{"content": word} for word in words]
    finish = "stop"
    if asked.get("tools"):
        said, finish = [{"tool_calls": [{"index": 0} | _call(asked)]}], "tool_calls"
    deltas = [{"role": "assistant", "content": ""}, *said]
    return [
        *({"delta": delta, "finish_reason": None} for delta in deltas),
        {"delta": {}, "finish_reason": finish},
    ]


def _vectors(asked: Asked) -> list[dict[str, Any]]:
    texts = asked.get("input")
    texts = texts if isinstance(texts, list) else [texts]
    numbers = [[0.5, -0.25, float(len(str(text)))] for text in texts]
    packed = asked.get("encoding_format") == "base64"
    return [
        {
            "object": "embedding",
            "index": number,
            "embedding": base64.b64encode(struct.pack("<3f", *vector)).decode()
            if packed
            else vector,
        }
        for number, vector in enumerate(numbers)
    ]


def _ranks(asked: Asked) -> list[dict[str, Any]]:
    documents = asked.get("documents") or []
    return [
        {"index": number, "relevance_score": 1 / (1 + number)}
        for number in range(len(documents))
    ]


def _transcript(asked: Asked, text: str) -> Whole:
    match asked.get("response_format", "json"):
        case "text":
            return Whole(f"{text}\n".encode(), "text/plain; charset=utf-8")
        case "vtt":
            return Whole(f"WEBVTT\n\n00:00.000 --> 00:02.000\n{text}\n".encode(), "text/vtt")
        case "srt":
            said = f"1\n00:00:00,000 --> 00:00:02,000\n{text}\n"
            return Whole(said.encode(), "text/plain; charset=utf-8")
        case "verbose_json":
            return _json(
                {"task": "transcribe", "language": "english", "duration": 2, "text": text}
            )
        case _:
            return _json({"text": text})


def _named(identifier: str, kind: str, model: str, **parts: Any) -> dict[str, Any]:
    return {"id": identifier, "object": kind, "created": CREATED, "model": model} | parts


def _listed(data: list[dict[str, Any]], model: str) -> dict[str, Any]:
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return {"object": "list", "data": data, "model": model, "usage": usage}


def _event(document: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def _json(document: Mapping[str, Any]) -> Whole:
    return Whole(json.dumps(document).encode())


def _completion(asked: Asked, text: str, model: str) -> Whole:
    choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": "stop"}
    return _json(_named("cmpl-1", "text_completion", model, choices=[choice]))


def _moderation(asked: Asked, text: str, model: str) -> Whole:
    result = {"flagged": False, "categories": {}, "category_scores": {}}
    return _json({"id": "modr-1", "model": model, "results": [result]})


def _models(asked: Asked, text: str, model: str) -> Whole:
    listed = {"id": "big", "object": "model", "created": CREATED, "owned_by": "fake"}
    return _json({"object": "list", "data": [listed]})


def _score(asked: Asked, text: str, model: str) -> Whole:
    return _json(_listed([{"index": 0, "object": "score", "score": 0.75}], model))


_WHOLE: Mapping[str, Callable[[Asked, str, str], Whole]] = {
    "completions": _completion,
    "responses": lambda asked, text, model: _json(response(text, model)),
    "embeddings": lambda asked, text, model: _json(_listed(_vectors(asked), model)),
    "transcriptions": lambda asked, text, model: _transcript(asked, text),
    "translations": lambda asked, text, model: _transcript(asked, text),
    "speech": lambda asked, text, model: Whole(SPEECH, "audio/mpeg"),
    "moderations": _moderation,
    "models": _models,
    "rerank": lambda asked, text, model: _json(
        {"id": "rerank-1", "model": model, "results": _ranks(asked)}
    ),
    "score": _score,
}
