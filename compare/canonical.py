"""An answer's canonical shape: what it says, whatever dialect it was said in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a stream ended, told from its bytes alone; a whole body is `complete`.

    A client that left and a server that fell silent leave bytes of any of these: the reply's own
    `End` tells them.
    """

    COMPLETE = "complete"
    NO_DONE = "no_done"  # it finished, and the dialect's last event is missing
    NO_FINISH = "no_finish"  # nothing says that it finished
    ERROR_EVENT = "error_event"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function the answer asks for; `arguments` is JSON as the model wrote it."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply's canonical content. `problem` is empty, or why there is none to compare.

    Problems: `encoding`, `too_large`, `not_json`, `no_answer`, `error_event`. `finish_reason` is in
    the words of chat completions. `reasoning` is what the model says it thought: no part of the text.
    """

    text: str = ""
    finish_reason: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    model: str = ""
    problem: str = ""
    reasoning: str = ""
    state: State = State.COMPLETE

    @property
    def said(self) -> str:
        """The words a person sees: the text, or the refusal the API reports apart from it."""
        return self.text or self.refusal

    @property
    def empty(self) -> bool:
        """Whether it says nothing and calls nothing."""
        return not self.said.strip() and not self.tool_calls
