"""The members of a JSON object with the very characters they are written in, so that a few can change.

What is not touched comes out as it went in: spaces, the order of keys, escapes, the spelling of
numbers. Of a key that is given twice the last counts, as JSON readers take it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from json.decoder import WHITESPACE  # type: ignore[attr-defined]
from typing import Self

_decode = json.JSONDecoder().raw_decode


@dataclass(slots=True)
class _Member:
    """`before` is what separates it from the one before it, `between` the colon and its spaces."""

    before: str
    key: str
    written: str
    between: str
    raw: str
    value: object


@dataclass(slots=True)
class Members:
    """An object, taken apart. Made with `of`; `text` puts it together again."""

    lead: str
    members: list[_Member]
    tail: str

    @classmethod
    def of(cls, text: str) -> Self:
        """The object that a text is. Raises ValueError for any other text."""
        found, end = cls._read(text, _skip(text, 0))
        if _skip(text, end) != len(text):
            raise ValueError("there is more than one JSON value")
        found.lead, found.tail = text[: _skip(text, 0)] + found.lead, found.tail + text[end:]
        return found

    @classmethod
    def _read(cls, text: str, at: int) -> tuple[Self, int]:
        if text[at : at + 1] != "{":
            raise ValueError("not a JSON object")
        members: list[_Member] = []
        end, at = at + 1, _skip(text, at + 1)
        while text[at : at + 1] != "}":
            key, key_end = _decode(text, at)
            colon = _skip(text, key_end)
            start = _skip(text, colon + 1)
            if not isinstance(key, str) or text[colon : colon + 1] != ":":
                raise ValueError("not a JSON object")
            value, stop = _decode(text, start)
            written, between = text[at:key_end], text[key_end:start]
            members.append(
                _Member(text[end:at], key, written, between, text[start:stop], value)
            )
            end, at = stop, _skip(text, stop)
            if text[at : at + 1] == ",":
                at = _skip(text, at + 1)
        return cls("{", members, text[end : at + 1]), at + 1

    def text(self) -> str:
        """The object as text."""
        parts = [self.lead]
        for place, one in enumerate(self.members):
            before = one.before.replace(",", "", 1) if place == 0 else one.before
            parts += [before, one.written, one.between, one.raw]
        return "".join([*parts, self.tail])

    def value(self, key: str) -> object:
        """What a key says; None where it says nothing."""
        member = self._last(key)
        return None if member is None else member.value

    @property
    def document(self) -> dict[str, object]:
        """What the object says, as JSON readers take it."""
        return {one.key: one.value for one in self.members}

    def at(self, path: Sequence[str]) -> object:
        """What stands at a path into objects; None where nothing does."""
        value = self.value(path[0])
        for step in path[1:]:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    def rename(self, path: Sequence[str], to: str) -> bool:
        """Gives a parameter another name; it goes where that name is given already. True for a change."""
        key, *rest = path
        if rest:
            return self._into(key, lambda inner: inner.rename(rest, to))
        if self._last(to) is not None:
            return self.drop(path)
        named = [one for one in self.members if one.key == key]
        for one in named:
            one.key, one.written = to, json.dumps(to)
        return bool(named)

    def drop(self, path: Sequence[str]) -> bool:
        """Takes a parameter out, however often it is given. True for a change."""
        key, *rest = path
        if rest:
            return self._into(key, lambda inner: inner.drop(rest))
        kept = [one for one in self.members if one.key != key]
        gone = len(kept) < len(self.members)
        self.members = kept
        return gone

    def put(self, path: Sequence[str], value: object) -> bool:
        """Makes a parameter say a value, and the objects on the way to it. True for a change.

        Nothing changes where something that is no object stands on the way.
        """
        key, *rest = path
        if rest and self.value(key) is not None:
            return self._into(key, lambda inner: inner.put(rest, value))
        for step in reversed(rest):
            value = {step: value}
        return self._put(key, value)

    def _put(self, key: str, value: object) -> bool:
        member = self._last(key)
        if member is None:
            before, raw = ", " if self.members else "", json.dumps(value)
            self.members.append(_Member(before, key, json.dumps(key), ": ", raw, value))
            return True
        if _same(member.value, value):
            return False
        member.raw, member.value = json.dumps(value), value
        return True

    def _into(self, key: str, change: Callable[[Members], bool]) -> bool:
        member = self._last(key)
        if member is None or not member.raw.startswith("{"):
            return False
        inner = Members.of(member.raw)
        if not change(inner):
            return False
        member.raw, member.value = inner.text(), inner.document
        return True

    def _last(self, key: str) -> _Member | None:
        return next((one for one in reversed(self.members) if one.key == key), None)


def _same(one: object, other: object) -> bool:
    """Whether two values are written alike as JSON: `true` is not 1, and 1.0 is not 1."""
    try:
        return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    except RecursionError:  # too deep to be told, so it is written anew
        return False


def _skip(text: str, at: int) -> int:
    return int(WHITESPACE.match(text, at).end())
