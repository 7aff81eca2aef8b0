"""A YAML text as plain values, with the line that each of them stands on.

Plain words mean what YAML 1.2 says: only `true` and `false` are booleans (so `start: off` is a
word), and dates and clock times stay text. Aliases are followed within a budget, so a small file
cannot grow into a huge value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from policies.fault import Fault, Place, dotted

type Value = str | int | float | bool | list[Value] | dict[str, Value] | None

_MOST_VALUES = 50_000
_DEEPEST = 40
_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NULLS = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True)
class Document:
    """What a text says, where each value stands, and what cannot be read in it."""

    value: Value
    lines: Mapping[Place, int]
    faults: tuple[Fault, ...]

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest part around it that is written."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read(text: str, name: str) -> Document:
    """Read one YAML document. What is wrong with it comes back as faults, never as an exception."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        return Document(None, {}, (_syntax(error, text, name),))
    except RecursionError:
        return Document(None, {}, (Fault(name, 1, "", "is nested too deeply to be a policy"),))
    if node is None:
        return Document(None, {}, ())
    walk = _Walk(name)
    value = walk.value(node, (), 0)
    return Document(value, walk.lines, tuple(walk.faults))


def _syntax(error: yaml.YAMLError, text: str, name: str) -> Fault:
    """Where YAML itself breaks off, in words that name the usual cause."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Fault(name, line, "", "has a control character, which YAML does not allow")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else 1
    problem = str(getattr(error, "problem", None) or getattr(error, "context", None) or error)
    if "'\\t'" in problem or "tab" in problem:
        return Fault(name, line, "", "has a tab; YAML is indented with spaces only")
    if "single document" in str(getattr(error, "context", "")):
        return Fault(name, line, "", "starts a second document; a policy is one document")
    return Fault(name, line, "", f"is not YAML from here on: {problem}")


@dataclass(slots=True)
class _Walk:
    """Turns nodes into values, and remembers lines and faults on the way."""

    name: str
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    seen: int = 0

    def value(self, node: yaml.Node, place: Place, depth: int) -> Value:
        self.seen += 1
        line = self.lines.setdefault(place, node.start_mark.line + 1)
        if self.seen > _MOST_VALUES or depth > _DEEPEST:
            if self.seen <= _MOST_VALUES + 1:
                self.fault(line, place, "is too large: does an alias (`*name`) repeat itself?")
                self.seen = _MOST_VALUES + 1
            return None
        match node:
            case yaml.MappingNode():
                return self.mapping(node, place, depth)
            case yaml.SequenceNode():
                items = enumerate(node.value)
                return [self.value(item, (*place, at), depth + 1) for at, item in items]
            case yaml.ScalarNode():
                return self.scalar(node, place)
            case _:
                raise TypeError(f"not a YAML node: {node}")

    def mapping(self, node: yaml.MappingNode, place: Place, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self.key(key_node, place)
            if key is None:
                continue
            if key in found:
                earlier = f"is given twice; the first one is on line {first[key]}"
                self.fault(line, (*place, key), f"{earlier}. Keep one of them")
                continue
            first[key] = line
            self.lines[(*place, key)] = line
            found[key] = self.value(value_node, (*place, key), depth + 1)
        return found

    def key(self, node: yaml.Node, place: Place) -> str | None:
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.ScalarNode):
            self.fault(line, place, "has a key that is not a plain word")
            return None
        if node.tag == f"{_TAG}merge":
            self.fault(line, place, "uses `<<`, which is not read; write the keys out")
            return None
        return str(node.value)

    def scalar(self, node: yaml.ScalarNode, place: Place) -> Value:
        text = str(node.value)
        kind = node.tag.removeprefix(_TAG)
        if kind not in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value"):
            line = node.start_mark.line + 1
            self.fault(line, place, f"has the tag `{node.tag}`; only plain values are allowed")
            return None
        if kind == "str" and (node.style or not _FLOAT.fullmatch(text)):
            return text
        return _plain(text)

    def fault(self, line: int, place: Place, message: str) -> None:
        self.faults.append(Fault(self.name, line, dotted(place), message))


def _plain(text: str) -> Value:
    """An unquoted word after the core schema of YAML 1.2, section 10.3."""
    if text in _NULLS:
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text) if len(text) < 19 else text
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
