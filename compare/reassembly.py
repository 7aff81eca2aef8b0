"""An answer out of a stream's bytes, whatever their split. Sans-io: bytes in, an `Answer` out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from compare.canonical import Answer, State
from compare.dialects.reader import Merger, Reader
from compare.dialects.values import parsed
from mirror.dialects.openai import DONE
from mirror.sse import Event, EventTooLong, Parser


@dataclass(slots=True)
class Reassembly:
    """Takes a stream's bytes with `feed`; `answer` is what it has said by then.

    Nothing is read behind `[DONE]`, an error or what is no JSON.
    """

    reader: Reader
    _parser: Parser = field(default_factory=Parser)
    _merger: Merger = field(init=False)
    _done: bool = False
    _problem: str = ""

    def __post_init__(self) -> None:
        self._merger = self.reader.merger()

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes."""
        if self._done or self._problem:
            return
        try:
            for event in self._parser.feed(chunk):
                self._see(event)
        except EventTooLong:
            self._problem = "too_large"

    def _see(self, event: Event) -> None:
        if self._done or self._problem:
            return
        if event.data.strip() == DONE:
            self._done = True
            return
        found = parsed(event.data)
        if not isinstance(found, Mapping):
            self._problem = "not_json"
        elif _is_error(event, found):
            self._problem = State.ERROR_EVENT.value
        else:
            self._merger.take(found)

    def answer(self) -> Answer:
        """What the stream said. Of one that broke, what it said before is kept beside the problem."""
        said = self._merger.answer()
        if said is None:
            return Answer(problem=self._problem or "no_answer", state=self._state())
        return replace(said, problem=self._problem, state=self._state())

    def _state(self) -> State:
        if self._problem == State.ERROR_EVENT.value:
            return State.ERROR_EVENT
        if not self._merger.finished:
            return State.NO_FINISH
        return State.COMPLETE if self._done or self._merger.last else State.NO_DONE


def _is_error(event: Event, found: Mapping[str, object]) -> bool:
    kind = found.get("type")
    return (
        bool(found.get("error")) or "error" in (event.type, kind) or kind == "response.failed"
    )
