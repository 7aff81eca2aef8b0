"""Tiny requests that show what a server reads, ignores and refuses. No word of them is a tenant's.

Each costs a few tokens. A field is asked about with a harmless value; where a server that heeds it
must answer otherwise, the answer tells whether it did.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

type Document = Mapping[str, object]

_SAY = "Say ok."
_SCHEMA = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
_FUNCTION = {"name": "ok", "parameters": {"type": "object", "properties": {}}}
_PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_BOUNDARY = "crossfade-preflight"


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter to ask about, with what else must be said beside it.

    `heeded` tells from an answer whether it was; None where no answer could. `alone`: it cannot be
    sent together with the others; `without` is what it stands in for.
    """

    name: str
    sent: Document
    heeded: Callable[[Document], bool] | None = None
    without: str = ""

    @property
    def alone(self) -> bool:
        """Whether it goes with no other field."""
        return bool(self.without)


@dataclass(frozen=True, slots=True)
class Probe:
    """One kind of call: a plain request, and the fields to ask about. A `form` is sent as it stands."""

    path: str
    plain: Document
    fields: tuple[Field, ...] = ()
    form: bytes = b""
    image: bool = False

    @property
    def content_type(self) -> str:
        """How its body is written."""
        kind = f"multipart/form-data; boundary={_BOUNDARY}"
        return kind if self.form else "application/json"

    def body(self, model: str, fields: Sequence[Field] = ()) -> bytes:
        """The request for a model, with these fields."""
        if self.form:
            return self.form.replace(b"MODEL", model.encode(), 1)
        document = {"model": model, **self.plain}
        for field in fields:
            document.pop(field.without, None)
            document |= field.sent
        return json.dumps(document).encode()


def _first(answer: Document, key: str) -> Document:
    found = answer.get(key)
    first = found[0] if isinstance(found, list) and found else None
    return first if isinstance(first, dict) else {}


def _count(key: str, number: int) -> Callable[[Document], bool]:
    def heeded(answer: Document) -> bool:
        found = answer.get(key)
        return isinstance(found, list) and len(found) == number

    return heeded


def _log_probabilities(answer: Document) -> bool:
    return bool(_first(answer, "choices").get("logprobs"))


def _eight_numbers(answer: Document) -> bool:
    found = _first(answer, "data").get("embedding")
    return isinstance(found, list) and len(found) == 8


_SAMPLING = (
    Field("temperature", {"temperature": 0}),
    Field("top_p", {"top_p": 1}),
)
_PENALTIES = (
    Field("presence_penalty", {"presence_penalty": 0}),
    Field("frequency_penalty", {"frequency_penalty": 0}),
    Field("seed", {"seed": 7}),
    Field("stop", {"stop": ["\n\n\n"]}),
    Field("n", {"n": 2}, _count("choices", 2)),
)
_USER = Field("user", {"user": "preflight"})
_HOUSEKEEPING = (
    Field("store", {"store": False}),
    Field("metadata", {"metadata": {}}),
    Field("service_tier", {"service_tier": "auto"}),
)
_TOOL = {"type": "function", "function": _FUNCTION}
_CHAT_FIELDS = (
    *_SAMPLING,
    *_PENALTIES,
    _USER,
    *_HOUSEKEEPING,
    Field("logprobs", {"logprobs": True, "top_logprobs": 1}, _log_probabilities),
    Field("tools", {"tools": [_TOOL], "tool_choice": "auto"}),
    Field(
        "parallel_tool_calls",
        {"tools": [_TOOL], "tool_choice": "auto", "parallel_tool_calls": False},
    ),
    Field(
        "response_format",
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "ok", "schema": _SCHEMA},
            }
        },
    ),
    Field("max_tokens", {"max_tokens": 16}, without="max_completion_tokens"),
)


def _said(*parts: Document) -> Document:
    content = [{"type": "text", "text": _SAY}, *parts] if parts else _SAY
    return {"messages": [{"role": "user", "content": content}], "max_completion_tokens": 16}


def _silence() -> bytes:
    """A form with a tenth of a second of silence, as a WAV file (RIFF, 16 bit, 8 kHz, one channel)."""
    samples = b"\0\0" * 800
    head = b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data"
    wave = head + len(samples).to_bytes(4, "little") + samples
    file = b"RIFF" + len(wave).to_bytes(4, "little") + wave
    line = f"--{_BOUNDARY}\r\ncontent-disposition: form-data; name=".encode()
    model = line + b'"model"\r\n\r\nMODEL\r\n'
    sound = line + b'"file"; filename="silence.wav"\r\ncontent-type: audio/wav\r\n\r\n'
    return model + sound + file + f"\r\n--{_BOUNDARY}--\r\n".encode()


_RANKED = {"query": "ok", "documents": ["ok", "no"]}
_TOP = (Field("top_n", {"top_n": 1}, _count("results", 1)),)

PROBES = (
    Probe("/v1/chat/completions", _said(), _CHAT_FIELDS),
    Probe(
        "/v1/chat/completions",
        _said({"type": "image_url", "image_url": {"url": _PIXEL}}),
        image=True,
    ),
    Probe(
        "/v1/completions",
        {"prompt": _SAY, "max_tokens": 1},
        (
            *_SAMPLING,
            *_PENALTIES,
            _USER,
            Field("logprobs", {"logprobs": 1}, _log_probabilities),
            Field("suffix", {"suffix": "."}),
        ),
    ),
    Probe(
        "/v1/responses",
        {"input": _SAY, "store": False, "max_output_tokens": 16},
        (
            *_SAMPLING,
            _USER,
            Field("metadata", {"metadata": {}}),
            Field("service_tier", {"service_tier": "auto"}),
            Field("tools", {"tools": [{"type": "function", **_FUNCTION}]}),
            Field("text.format", {"text": {"format": {"type": "text"}}}),
            Field("truncation", {"truncation": "auto"}),
        ),
    ),
    Probe(
        "/v1/embeddings",
        {"input": "ok"},
        (
            _USER,
            Field("encoding_format", {"encoding_format": "float"}),
            Field("dimensions", {"dimensions": 8}, _eight_numbers),
        ),
    ),
    *(Probe(path, _RANKED, _TOP) for path in ("/v1/rerank", "/v2/rerank", "/rerank")),
    *(Probe(path, {"text_1": "ok", "text_2": "ok"}) for path in ("/v1/score", "/score")),
    Probe("/v1/audio/transcriptions", {}, form=_silence()),
    Probe("/v1/audio/translations", {}, form=_silence()),
)
