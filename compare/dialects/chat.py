"""Chat completions. Chunks are merged as the OpenAI API documents them, and as servers send them.

Text pieces are joined, tool calls gathered by `index`; only the first choice is read. What servers
do otherwise: a name that is repeated in every piece (vLLM issue 14951), pieces without a `type`
(16340), the last words in the chunk that finishes (35705), a last chunk without choices.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from compare.canonical import Answer, ToolCall
from compare.dialects.reader import of_json
from compare.dialects.values import Object, members, objects, place, text, words

_THOUGHT = re.compile(r"\A\s*<think>(.*?)</think>\s*", re.S)
_REASONING = (
    "reasoning_content",
    "reasoning",
)  # vLLM, SGLang and others; not of the API itself


def of_object(body: Object) -> Answer | None:
    """The first choice's message."""
    choice = next(iter(objects(body, "choices")), {})
    if not isinstance(choice.get("message"), Mapping):
        return None
    message = members(choice, "message")
    calls = _Calls()
    for number, call in enumerate(objects(message, "tool_calls")):
        calls.take(number, members(call, "function"))
    calls.take_legacy(message)
    return spoken(
        words(message, "content"),
        reasoning=_reasoning(message),
        finish_reason=text(choice, "finish_reason"),
        refusal=text(message, "refusal"),
        tool_calls=calls.found(),
        model=text(body, "model"),
    )


def spoken(said: str, reasoning: str, **values: object) -> Answer:
    """An answer without the thoughts that stand before its text."""
    thought = _THOUGHT.match(said)
    if thought is not None:
        said, reasoning = said[thought.end() :], reasoning + thought[1]
    return Answer(text=said, reasoning=reasoning, **values)  # type: ignore[arg-type]


def prompt(request: Object) -> str:
    """The words of all messages in order, with the system's last."""
    messages = objects(request, "messages")
    messages.sort(key=lambda one: one.get("role") in ("system", "developer"))
    return "\n".join(filter(None, (words(one, "content") for one in messages)))


def _reasoning(value: Object) -> str:
    return next(filter(None, (text(value, key) for key in _REASONING)), "")


@dataclass(slots=True)
class _Calls:
    """Tool calls from their pieces, by place."""

    _at: dict[int, ToolCall] = field(default_factory=dict)

    def take(self, at: int, function: Object) -> None:
        """A piece, or the whole, of the call at a place."""
        call = self._at.get(at, ToolCall("", ""))
        name, arguments = text(function, "name"), text(function, "arguments")
        name = call.name if name == call.name else call.name + name
        self._at[at] = ToolCall(name, call.arguments + arguments)

    def take_legacy(self, message: Object) -> None:
        """The one `function_call` of the API's first years."""
        function = members(message, "function_call")
        if function:
            self.take(-1, function)

    def found(self) -> tuple[ToolCall, ...]:
        """The calls in the order of their places."""
        return tuple(self._at[at] for at in sorted(self._at))


@dataclass(slots=True)
class Choices(ABC):
    """What mergers of chunks with choices share: the model, how the first choice finished, and the end."""

    _seen: bool = False
    _finish: str = ""
    _model: str = ""

    @property
    def finished(self) -> bool:
        """See `Merger`."""
        return bool(self._finish)

    @property
    def last(self) -> bool:
        """See `Merger`: the last one is `[DONE]`."""
        return False

    def take(self, event: Object) -> None:
        """See `Merger`."""
        self._seen = True
        self._model = text(event, "model") or self._model
        for choice in objects(event, "choices"):
            if place(choice, "index") == 0:
                self._hear(choice)
                self._finish = text(choice, "finish_reason") or self._finish

    @abstractmethod
    def _hear(self, choice: Object) -> None:
        """The next piece of the first choice."""


@dataclass(slots=True)
class Chunks(Choices):
    """A `Merger` of chat chunks."""

    _text: list[str] = field(default_factory=list)
    _reasoning: list[str] = field(default_factory=list)
    _refusal: list[str] = field(default_factory=list)
    _calls: _Calls = field(default_factory=_Calls)

    def _hear(self, choice: Object) -> None:
        delta = members(choice, "delta")
        self._text.append(words(delta, "content"))
        self._reasoning.append(_reasoning(delta))
        self._refusal.append(text(delta, "refusal"))
        for call in objects(delta, "tool_calls"):
            self._calls.take(place(call, "index"), members(call, "function"))
        self._calls.take_legacy(delta)

    def answer(self) -> Answer | None:
        """See `Merger`."""
        if not self._seen:
            return None
        return spoken(
            "".join(self._text),
            reasoning="".join(self._reasoning),
            finish_reason=self._finish,
            refusal="".join(self._refusal),
            tool_calls=self._calls.found(),
            model=self._model,
        )


CHAT = of_json(of_object, Chunks, prompt)
