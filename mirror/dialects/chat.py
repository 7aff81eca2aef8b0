"""The dialect of chat completions: what its events mean, and what a whole answer holds.

Source: the OpenAI API reference, "Chat completions".
"""

from __future__ import annotations

from collections.abc import Mapping

from mirror.dialects import jsonbody, openai
from mirror.dialects.dialect import Dialect
from mirror.sse import Event

# Parts of a delta that a reader would see; `reasoning_content` and `reasoning` are what vLLM and
# SGLang send.
SEEN_PARTS = (
    "content",
    "tool_calls",
    "function_call",
    "refusal",
    "reasoning_content",
    "reasoning",
    "audio",
)

# The same where a delta writes them as texts: a tool call by its name and its arguments, a voice by
# its bytes and its transcript.
SAYS = openai.saying(
    "content",
    "reasoning_content",
    "reasoning",
    "refusal",
    "arguments",
    "name",
    "data",
    "transcript",
)


def first_content(event: Event) -> bool:
    """Whether an event carries something of the answer: text, a tool call, or how it finished."""
    choices = openai.object_of(event.data).get("choices")
    return isinstance(choices, list) and any(
        isinstance(choice, dict) and _speaks(choice) for choice in choices
    )


def _speaks(choice: Mapping[str, object]) -> bool:
    delta = choice.get("delta")
    said = isinstance(delta, dict) and any(delta.get(part) for part in SEEN_PARTS)
    return said or bool(choice.get("finish_reason"))


CHAT = Dialect(
    name="chat",
    with_model=jsonbody.with_model,
    is_terminal=openai.is_done,
    is_error=openai.is_error,
    first_content=first_content,
    model_of=openai.model_of,
    fault_of=openai.whole_with("choices", "a chat completion"),
    error_event=openai.error_event,
    says=SAYS,
)
