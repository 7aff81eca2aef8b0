"""Chat completions. Chunks are merged as the OpenAI API documents them, and as servers send them.

Text pieces are joined, tool calls gathered by `index`; only the first choice is read. What servers
do otherwise: a name that is repeated in every piece (vLLM issue 14951), pieces without a `type`
(16340), the last words in the chunk that finishes (35705), a last chunk without choices, the same
place for every call (Ollama 15457, 7881; Dynamo 4723).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from compare.canonical import Answer, ToolCall
from compare.dialects.reader import of_json
from compare.dialects.values import Object, members, objects, parsed, place, text, words

_THOUGHT = re.compile(r"\A\s*<think>(.*?)</think>\s*", re.S)
_LOOKED_AT = 20_000  # characters
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
    """Tool calls from their pieces, by place. Of a place that a server uses again, by its turn as well."""

    _at: dict[tuple[int, int], ToolCall] = field(default_factory=dict)
    _ids: dict[int, str] = field(default_factory=dict)
    _turns: dict[int, int] = field(default_factory=dict)

    def take(self, place: int, function: Object, id: str = "") -> None:
        """A piece, or the whole, of the call at a place."""
        name, arguments = text(function, "name"), text(function, "arguments")
        at = (place, self._turn(place, id, name, arguments))
        call = self._at.get(at, ToolCall("", ""))
        name = call.name if name == call.name else call.name + name
        self._at[at] = ToolCall(name, call.arguments + arguments)

    def _turn(self, place: int, id: str, name: str, arguments: str) -> int:
        """Which call at a place a piece belongs to: another one where another id names a function anew.

        The one before has to be whole: vLLM gave every piece of one call an id of its own.
        """
        turn = self._turns.setdefault(place, 0)
        before = self._at.get((place, turn))
        begins = bool(name and (arguments or before is None or name != before.name))
        if before and begins and id and id != self._ids.get(place, id) and _whole(before):
            turn = self._turns[place] = turn + 1
        self._ids[place] = id or self._ids.get(place, "")
        return turn

    def take_legacy(self, message: Object) -> None:
        """The one `function_call` of the API's first years."""
        function = members(message, "function_call")
        if function:
            self.take(-1, function)

    def found(self) -> tuple[ToolCall, ...]:
        """The calls in the order of their places."""
        return tuple(self._at[at] for at in sorted(self._at))


def _whole(call: ToolCall) -> bool:
    """Whether a call's arguments are all there; very long ones are not looked at again and again."""
    return len(call.arguments) <= _LOOKED_AT and isinstance(parsed(call.arguments), Mapping)


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
            self._calls.take(place(call, "index"), members(call, "function"), text(call, "id"))
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
