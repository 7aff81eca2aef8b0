"""What reads the answers of one dialect, as a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from compare.asked import Asked
from compare.canonical import Answer
from compare.dialects.values import Object, parsed, text


class Merger(Protocol):
    """Puts an answer together from the objects of a stream's events, in their order."""

    @property
    def finished(self) -> bool:
        """Whether an event said that the answer is whole, or why it is not."""

    @property
    def last(self) -> bool:
        """Whether an event was the dialect's last one; `[DONE]` is seen by who reads the bytes."""

    def take(self, event: Object) -> None:
        """The next event's object, which is no error."""

    def answer(self) -> Answer | None:
        """What has been said so far; None where no event was of this dialect."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Pure functions of what was asked and answered; none raises, whatever it reads.

    `of_body` is the answer in a whole body of a content type, with a `problem` where there is none;
    `asked` is what a request's body asks for. Both bodies are without their content encoding.
    """

    of_body: Callable[[bytes, str], Answer]
    merger: Callable[[], Merger]
    asked: Callable[[bytes, str], Asked]


def of_json(
    of_object: Callable[[Object], Answer | None],
    merger: Callable[[], Merger],
    prompt: Callable[[Object], str],
) -> Reader:
    """A reader of JSON bodies: `of_object` is None where an object is no answer."""

    def of_body(body: bytes, content_type: str) -> Answer:
        found = parsed(body)
        if not isinstance(found, Mapping):
            return Answer(problem="not_json" if found is None else "no_answer")
        return of_object(found) or Answer(problem="no_answer", model=text(found, "model"))

    def asked(body: bytes, content_type: str) -> Asked:
        found = parsed(body)
        return Asked(prompt(found), found) if isinstance(found, Mapping) else Asked()

    return Reader(of_body, merger, asked)
