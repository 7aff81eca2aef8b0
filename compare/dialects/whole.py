"""What dialects share whose answer is one JSON object and never a stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from compare.canonical import Answer
from compare.dialects.reader import Reader, of_json
from compare.dialects.values import Object


@dataclass(frozen=True, slots=True)
class NoStream:
    """A `Merger` of events that no answer is made of."""

    finished: bool = False
    last: bool = False

    def take(self, event: Object) -> None:
        """See `Merger`."""

    def answer(self) -> Answer | None:
        """See `Merger`."""
        return None


def never_streamed(
    of_object: Callable[[Object], Answer | None], prompt: Callable[[Object], str]
) -> Reader:
    """A reader of whole JSON bodies: a stream in their place is no answer."""
    return of_json(of_object, NoStream, prompt)
