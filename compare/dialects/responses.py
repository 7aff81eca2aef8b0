"""Responses: items of several types, and events that say which item they are a piece of.

Source: the OpenAI API reference, "Responses" and "Streaming events".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from compare.canonical import Answer, ToolCall
from compare.dialects.reader import of_json
from compare.dialects.values import Object, members, objects, place, text, words
from mirror.dialects.responses import TERMINAL

_CUT = {"max_output_tokens": "length", "content_filter": "content_filter"}


def of_object(body: Object) -> Answer | None:
    """All messages, calls and refusals of the output, each in order."""
    if not isinstance(body.get("output"), list):
        return None
    items = objects(body, "output")
    calls = tuple(
        ToolCall(text(item, "name"), text(item, "arguments"))
        for item in items
        if item.get("type") == "function_call"
    )
    return Answer(
        text="".join(_parts(items, "output_text", "text")),
        finish_reason=_finish(body, bool(calls)),
        refusal="".join(_parts(items, "refusal", "refusal")),
        tool_calls=calls,
        model=text(body, "model"),
        reasoning="\n".join(filter(None, (_thought(item) for item in items))),
    )


def _parts(items: list[Object], kind: str, key: str) -> Iterator[str]:
    for item in items:
        if item.get("type") == "message":
            for part in objects(item, "content"):
                if part.get("type") == kind:
                    yield text(part, key)


def _thought(item: Object) -> str:
    if item.get("type") != "reasoning":
        return ""
    return words(item, "content") or words(item, "summary")


def _finish(body: Object, calls: bool) -> str:
    """As chat completions say it."""
    match text(body, "status"):
        case "completed":
            return "tool_calls" if calls else "stop"
        case "incomplete":
            why = text(members(body, "incomplete_details"), "reason")
            return _CUT.get(why, why or "length")
    return ""


def prompt(request: Object) -> str:
    """The words of the input in order, with the instructions last."""
    said = [text(request, "input")] + [
        words(item, "content") or text(item, "output") for item in objects(request, "input")
    ]
    return "\n".join(filter(None, [*said, text(request, "instructions")]))


@dataclass(slots=True)
class Events:
    """A `Merger` of response events. What the pieces said counts; the whole at the end where there were none."""

    _seen: bool = False
    _last: Object | None = None
    _texts: dict[tuple[int, int], str] = field(default_factory=dict)
    _refusals: dict[tuple[int, int], str] = field(default_factory=dict)
    _thoughts: dict[tuple[int, int], str] = field(default_factory=dict)
    _calls: dict[int, ToolCall] = field(default_factory=dict)
    _model: str = ""

    @property
    def finished(self) -> bool:
        """See `Merger`."""
        return self._last is not None

    @property
    def last(self) -> bool:
        """See `Merger`: the last event says how the answer finished."""
        return self._last is not None

    def take(self, event: Object) -> None:
        """See `Merger`."""
        kind, response = text(event, "type"), members(event, "response")
        self._seen = self._seen or kind.startswith("response.")
        self._model = text(response, "model") or self._model
        match kind:
            case "response.output_text.delta":
                _join(self._texts, event)
            case "response.refusal.delta":
                _join(self._refusals, event)
            case "response.reasoning_text.delta" | "response.reasoning_summary_text.delta":
                _join(self._thoughts, event)
            case "response.output_item.added":
                self._called(event, members(event, "item"))
            case "response.function_call_arguments.delta":
                self._called(event, {"arguments": event.get("delta")})
            case "response.function_call_arguments.done" | "response.output_item.done":
                self._ended(event)
            case _ if kind in TERMINAL:
                self._last = response

    def _called(self, event: Object, item: Object) -> None:
        at = place(event, "output_index")
        if item.get("type", "function_call") != "function_call":
            return
        call = self._calls.get(at, ToolCall("", ""))
        name = text(item, "name") or call.name
        self._calls[at] = ToolCall(name, call.arguments + text(item, "arguments"))

    def _ended(self, event: Object) -> None:
        """A call whose arguments came whole, and not in pieces."""
        item = members(event, "item") or {"arguments": event.get("arguments")}
        call = self._calls.get(place(event, "output_index"))
        if call is None or not call.arguments:
            self._called(event, item)

    def answer(self) -> Answer | None:
        """See `Merger`."""
        if not self._seen:
            return None
        whole = of_object(self._last) if self._last is not None else None
        calls = tuple(self._calls[at] for at in sorted(self._calls))
        said = Answer(
            text=_joined(self._texts),
            finish_reason=_finish(self._last or {}, bool(calls)),
            refusal=_joined(self._refusals),
            tool_calls=calls,
            model=self._model,
            reasoning=_joined(self._thoughts),
        )
        if whole is not None and said.empty:
            return replace(whole, model=self._model)
        return said


def _join(pieces: dict[tuple[int, int], str], event: Object) -> None:
    at = (place(event, "output_index"), place(event, "content_index"))
    pieces[at] = pieces.get(at, "") + text(event, "delta")


def _joined(pieces: dict[tuple[int, int], str]) -> str:
    return "".join(pieces[at] for at in sorted(pieces))


RESPONSES = of_json(of_object, Events, prompt)
