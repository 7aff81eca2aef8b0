"""Text completions: the first choice's text."""

from __future__ import annotations

from dataclasses import dataclass, field

from compare.canonical import Answer
from compare.dialects.chat import Choices
from compare.dialects.reader import of_json
from compare.dialects.values import Object, objects, text


def of_object(body: Object) -> Answer | None:
    """The first choice."""
    choice = next(iter(objects(body, "choices")), {})
    if "text" not in choice:
        return None
    return Answer(
        text(choice, "text"), text(choice, "finish_reason"), model=text(body, "model")
    )


def prompt(request: Object) -> str:
    """The first prompt, whose answer is the first choice; tokens are no words."""
    given = request.get("prompt")
    first = given[0] if isinstance(given, list) and given else given
    return first if isinstance(first, str) else ""


@dataclass(slots=True)
class Chunks(Choices):
    """A `Merger` of completion chunks."""

    _text: list[str] = field(default_factory=list)

    def _hear(self, choice: Object) -> None:
        self._text.append(text(choice, "text"))

    def answer(self) -> Answer | None:
        """See `Merger`."""
        if not self._seen:
            return None
        return Answer("".join(self._text), self._finish, model=self._model)


COMPLETIONS = of_json(of_object, Chunks, prompt)
