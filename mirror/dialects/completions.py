"""The dialect of the older text completions.

Source: the OpenAI API reference, "Completions (legacy)".
"""

from __future__ import annotations

from mirror.dialects import jsonbody, openai
from mirror.dialects.dialect import Dialect
from mirror.sse import Event


def first_content(event: Event) -> bool:
    """Whether an event carries text, or how the answer finished."""
    choices = openai.object_of(event.data).get("choices")
    return isinstance(choices, list) and any(
        isinstance(choice, dict) and bool(choice.get("text") or choice.get("finish_reason"))
        for choice in choices
    )


COMPLETIONS = Dialect(
    name="completions",
    with_model=jsonbody.with_model,
    is_terminal=openai.is_done,
    is_error=openai.is_error,
    first_content=first_content,
    model_of=openai.model_of,
    fault_of=openai.whole_with("choices", "a completion"),
    error_event=openai.error_event,
    says=openai.saying("text"),
)
