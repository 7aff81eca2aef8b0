"""The dialect of speech to text: a form with a file goes in, a transcript comes out in many shapes.

Sources: the OpenAI API reference, "Create transcription" and "Create translation"; vLLM streams
chunks like those of chat instead of `transcript.text.*` events.
"""

from __future__ import annotations

import json

from mirror.dialects import chat, multipart, openai
from mirror.dialects.dialect import Dialect
from mirror.dialects.responses import type_of
from mirror.sse import Event

PLAIN = ("text/plain", "text/vtt", "text/srt", "application/x-subrip")  # of text, srt and vtt


def is_terminal(event: Event) -> bool:
    """Whether the stream is whole with this event."""
    return type_of(event) == "transcript.text.done" or openai.is_done(event)


def first_content(event: Event) -> bool:
    """Whether an event carries words; silence has none until its end."""
    match type_of(event):
        case "transcript.text.delta":
            return bool(openai.object_of(event.data).get("delta"))
        case "transcript.text.segment" | "transcript.text.done":
            return True
        case _:
            return chat.first_content(event)


def fault_of(body: bytes, content_type: str) -> str:
    """What keeps a whole body from being a transcript: JSON with a text, or plain text."""
    if content_type.startswith(PLAIN):
        return ""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, str):  # some servers answer `response_format: text` this way
        return ""
    if isinstance(found, dict) and found.get("error"):
        return "error"
    said = found.get("text") if isinstance(found, dict) else None
    return "" if isinstance(said, str) else "not a transcript"


TRANSCRIPTIONS = Dialect(
    name="transcriptions",
    with_model=multipart.with_model,
    is_terminal=is_terminal,
    is_error=openai.is_error,
    first_content=first_content,
    model_of=openai.model_of,
    fault_of=fault_of,
    error_event=openai.error_event,
    says=openai.saying("delta", "content"),
    form=True,
)
