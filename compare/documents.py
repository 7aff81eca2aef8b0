"""JSON as a model wrote it, read strictly: nothing is repaired, and what is wrong is said in words.

A fence of Markdown around it is taken off and told apart, since many apps take it off and many do not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

LONGEST = 1_000_000
"""Characters that are read. A longer text has a problem instead."""
DEEPEST = 48
"""Levels of nesting that are read; the APIs of schemas allow ten."""

_FENCE = "```"


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON value, or the `problem` for which there is none. `fenced`: a fence stood around it."""

    value: object = None
    problem: str = ""
    fenced: bool = False

    @property
    def holds_fields(self) -> bool:
        """Whether it is an object or an array; a bare word or number may be prose."""
        return not self.problem and isinstance(self.value, Mapping | list)


class _NotJson(ValueError):
    """Something that `json` would let pass."""


@lru_cache(maxsize=8)  # of one exchange a few, each asked for several times
def read(text: str) -> Document:
    """The document in a text. Never raises."""
    if len(text) > LONGEST:
        return Document(problem=f"is longer than {LONGEST:,} characters and was not read")
    if not text.strip():
        return Document(problem="is empty")
    inner = _inside_fence(text)
    value, problem = _parsed(text if inner is None else inner)
    if problem and inner is None and _parsed(_between(text))[1] == "":
        problem += " (repairable: JSON stands between other words)"
    return Document(value, problem, inner is not None)


def may_be(text: str) -> bool:
    """Whether a text looks like an object or an array; a look at its start, and cheap."""
    return text.lstrip()[:3].startswith(("{", "[", "```"))


def readable(text: str, longest: int) -> str:
    """At most `longest` characters that can be written anywhere: half surrogates and NUL are replaced."""
    return text[:longest].replace("\0", " ").encode("utf-8", "replace").decode()


def shown(value: object, longest: int = 60) -> str:
    """A value in few words, for a flag."""
    match value:
        case str():
            said = value if len(value) <= longest else value[:longest] + "…"
        case Mapping():
            said = f"an object of {len(value)}"
        case list():
            said = f"an array of {len(value)}"
        case _:
            said = json.dumps(value)
    return readable(" ".join(said.split()), longest + 1)


def _inside_fence(text: str) -> str | None:
    """What stands between a first and a last line of three backticks; None where there are none."""
    plain = text.strip()
    first, _, rest = plain.partition("\n")
    if not first.startswith(_FENCE) or not rest.endswith(_FENCE):
        return None
    language = first.removeprefix(_FENCE).strip()
    return rest.removesuffix(_FENCE) if not language or language.isalnum() else None


def _between(text: str) -> str:
    starts = [at for at in (text.find("{"), text.find("[")) if at >= 0]
    end = max(text.rfind("}"), text.rfind("]"))
    return text[min(starts) : end + 1] if starts else ""


def _parsed(text: str) -> tuple[object, str]:
    """The value and "", or None and what is wrong."""
    try:
        value = json.loads(
            text, parse_constant=_constant, parse_float=_float, object_pairs_hook=_object
        )
    except _NotJson as fault:
        return None, str(fault)
    except json.JSONDecodeError as fault:
        return None, f"is no JSON: {fault.msg} at character {fault.pos:,}"
    except RecursionError:
        return None, f"is nested deeper than {DEEPEST} levels"
    except ValueError:  # an integer of thousands of digits
        return None, "holds a number that is too long to read"
    if _deeper(value, DEEPEST):
        return None, f"is nested deeper than {DEEPEST} levels"
    return value, ""


def _constant(name: str) -> NoReturn:
    raise _NotJson(f"is no JSON: {name} is no number of JSON")


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise _NotJson(f"holds a number out of range: {shown(digits, 30)}")
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _NotJson(f"has the key `{shown(twice)}` twice in one object")
    return found


def _deeper(value: object, levels: int) -> bool:
    """Whether a value nests deeper, told without recursion."""
    level: list[object] = [value]
    for _ in range(levels):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return False
    return any(isinstance(one, Mapping | list) for one in level)


def _inside(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else []
