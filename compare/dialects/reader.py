"""What reads the answers of one dialect, as a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from compare.canonical import Answer
from compare.dialects.values import Object


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

    `of_object` is the answer in a whole body's object, None where there is none; `prompt` the words
    of a request's object.
    """

    of_object: Callable[[Object], Answer | None]
    merger: Callable[[], Merger]
    prompt: Callable[[Object], str]
