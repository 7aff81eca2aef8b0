"""Recorded answers: the file a rehearsal replays, one JSON object a line.

`{"id": "7", "route": "chat", "input": "the prompt", "answers": {"gpt-4o": "...", "ours": "..."}}`.
An empty answer is an answer (models do that, and it must be found); it is counted and said.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from policies.policy import Route


@dataclass(frozen=True, slots=True)
class Line:
    """One recorded prompt and what each model answered to it."""

    id: str
    route: str
    input: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Recording:
    """The lines that every wanted model answered, and what was left out or stood out."""

    lines: tuple[Line, ...]
    left_out: int  # lines that lack an answer of a wanted model
    empty: Mapping[str, int]  # empty answers of each wanted model that has some

    @property
    def routes(self) -> tuple[str, ...]:
        """The routes of the lines, each once, in order of appearance."""
        return tuple(dict.fromkeys(line.route for line in self.lines))

    def remarks(self) -> tuple[str, ...]:
        """What the person who rehearses should know of the file before it is replayed."""
        said = [f"{n} empty answers of {model} are replayed" for model, n in self.empty.items()]
        if self.left_out:
            said.append(f"{self.left_out} lines lack an answer of a named model, left out")
        return tuple(said)


class AnswersError(ValueError):
    """A recording that cannot be replayed: which file and line, what is wrong, what to do."""


def read(path: Path, models: Iterable[str]) -> Recording:
    """The lines of `path` that hold an answer of each of `models`. Raises AnswersError."""
    lines = _lines(path)
    wanted = tuple(dict.fromkeys(models))
    known = Counter(model for line in lines for model in line.answers)
    for model in wanted:
        if model not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise AnswersError(f"{path}: no answer of the model {model!r}; known: {listed}")
    kept = tuple(line for line in lines if all(model in line.answers for model in wanted))
    if not kept:
        raise AnswersError(f"{path}: no line has an answer of each of {', '.join(wanted)}")
    empty = Counter(
        model for line in kept for model in wanted if not line.answers[model].strip()
    )
    return Recording(lines=kept, left_out=len(lines) - len(kept), empty=dict(empty))


def _lines(path: Path) -> tuple[Line, ...]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise AnswersError(
            f"{path}: cannot be read ({error.strerror}); check --answers"
        ) from error
    except UnicodeDecodeError as error:
        raise AnswersError(
            f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8"
        ) from error
    lines: list[Line] = []
    seen: dict[str, int] = {}
    # Not splitlines(): answers may hold U+2028, which JSON leaves as it is.
    for number, row in enumerate(text.split("\n"), start=1):
        if not row.strip():
            continue
        line = _line(row, f"{path}, line {number}")
        if line.id in seen:
            raise AnswersError(
                f"{path}, line {number}: the id {line.id!r} stands on line {seen[line.id]} "
                "already; give every line its own"
            )
        seen[line.id] = number
        lines.append(line)
    if not lines:
        raise AnswersError(f"{path}: empty; one JSON object a line is needed")
    return tuple(lines)


def _line(row: str, where: str) -> Line:
    try:
        found = json.loads(row)
    except json.JSONDecodeError as error:
        raise AnswersError(
            f"{where}: not JSON ({error.msg} at column {error.colno}); "
            "write one JSON object a line, or delete the line"
        ) from error
    if not isinstance(found, dict):
        raise AnswersError(f"{where}: not a JSON object; needs id, route, input and answers")
    if isinstance(found.get("id"), int):
        found["id"] = str(found["id"])
    for key in ("id", "route", "input"):
        if not isinstance(found.get(key), str) or not found[key].strip():
            raise AnswersError(f"{where}: needs {key!r}, a text that is not empty")
    if found["route"] not in tuple(Route):
        raise AnswersError(
            f"{where}: unknown route {found['route']!r}; one of {', '.join(Route)}"
        )
    return Line(found["id"], found["route"], found["input"], _answers(found, where))


def _answers(found: Mapping[str, object], where: str) -> Mapping[str, str]:
    answers = found.get("answers")
    if not isinstance(answers, dict) or not answers:
        raise AnswersError(f"{where}: needs 'answers', an object of model and answer text")
    for model, answer in answers.items():
        if not isinstance(answer, str):
            raise AnswersError(
                f"{where}: the answer of {model!r} is no text; write a text, '' for an empty one"
            )
    return answers
