"""Accepts and replies as flat values, for the columns of the store; and for the spools of an older version.

Texts that clients and upstreams choose are cut to their columns here: PostgreSQL refuses a long
one, and one refused record would hold up all behind it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter, itemgetter, le
from typing import Any

from sqlalchemy import String, Table

from mirror import pace
from mirror.exchange import Accept, Attempt, End, Fact, Large, Leg, Outcome, Reply, Side, Source
from mirror.journal import quick_json, tables

type Flat = dict[str, Any]
"""Column name -> number, text, truth or None; JSON where the value has parts. Without the body."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """How records of one kind become flat: all fields at once, which takes a third of the time of one by one."""

    names: tuple[str, ...]
    of: Callable[[Any], tuple[Any, ...]]  # a record's values by these names
    texts: Callable[[Flat], tuple[str, ...]]  # those of what is flat
    lengths: tuple[tuple[str, int], ...]  # characters that the columns of the texts take
    most: tuple[int, ...]  # the same without names

    @classmethod
    def made(cls, record: Any, table: Table, but: Sequence[str] = ()) -> _Columns:
        """Those of a record, `but` some."""
        left = {*_BODY, *but}
        names = tuple(field.name for field in fields(record) if field.name not in left)
        found = {c.name: c.type.length for c in table.columns if isinstance(c.type, String)}
        lengths = {name: found[name] or sys.maxsize for name in names if name in found}
        of, texts = attrgetter(*names), itemgetter(*lengths)
        return cls(names, of, texts, tuple(lengths.items()), tuple(lengths.values()))

    def flat(self, record: object) -> Flat:
        """A record's values as they are."""
        return dict(zip(self.names, self.of(record), strict=True))

    def fitted(self, flat: Flat) -> Flat:
        """With texts as long as their columns, and of what both engines store. Changes what it is given."""
        texts = self.texts(flat)
        together = "".join(texts)
        plain = together.isascii() and "\0" not in together
        if not (plain and all(map(le, map(len, texts), self.most))):
            for name, length in self.lengths:
                flat[name] = _storable(flat[name])[:length]
        return flat

    def row(self, flat: Flat) -> Flat:
        """The same for a driver, which takes no words of an enumeration."""
        for name, _ in self.lengths:
            if type(flat[name]) is not str:
                flat[name] = str(flat[name])
        return self.fitted(flat)


_BODY = ("body", "large")  # which have a column, and a place in the spool, of their own
_ACCEPT = _Columns.made(Accept, tables.exchange)
_REPLY = _Columns.made(Reply, tables.reply)
_PARTS_OF_ACCEPT, _PARTS_OF_REPLY = ("headers",), ("failed_over", "facts", "pace")
_ACCEPT_TEXTS = _Columns.made(Accept, tables.exchange, _PARTS_OF_ACCEPT)
_REPLY_TEXTS = _Columns.made(Reply, tables.reply, _PARTS_OF_REPLY)
_LATER: Flat = {
    "facts": "[]",
    "kept": "",
    "other": "",
    "pace": "",
    "subject": "",
}  # columns that a spool of an older version lacks
_ATTEMPT_NAMES = [field.name for field in fields(Attempt)]


def fit_accept(values: Flat) -> Flat:
    """An accept's values with texts that fit their columns, but for those that have parts. Changes what it is given."""
    return _ACCEPT_TEXTS.fitted(values)


def fit_reply(values: Flat) -> Flat:
    """The same of a reply's."""
    return _REPLY_TEXTS.fitted(values)


def accept_flat(accept: Accept) -> Flat:
    """An accept without its body, its texts as long as they are."""
    flat = _ACCEPT.flat(accept)
    flat["headers"] = quick_json.told(accept.headers)
    return flat


def accept_row(accept: Accept) -> Flat:
    """The same for the store."""
    return _ACCEPT.row(accept_flat(accept))


def accept_spooled(flat: Flat, body: bytes, large: Large | None = None) -> Accept:
    """The accept that `accept_flat` was given, with its body; its texts fit their columns."""
    return _accept(_ACCEPT.fitted(_told(flat, _ACCEPT.names)), body, large)


def accept_of(row: Mapping[Any, Any], body: bytes, large: Large | None = None) -> Accept:
    """The accept that `accept_row` was given, with its body."""
    return _accept({name: row[name] for name in _ACCEPT.names}, body, large)


def _accept(values: Flat, body: bytes, large: Large | None) -> Accept:
    values["headers"] = quick_json.read(values["headers"])
    values["serving"] = Side(values["serving"])
    values["outcome"] = Outcome(values["outcome"])
    return Accept(**values, body=body, large=large)


def reply_flat(reply: Reply) -> Flat:
    """A reply without its body, its texts as long as they are."""
    flat = _REPLY.flat(reply)
    tried = [
        {name: getattr(attempt, name) for name in _ATTEMPT_NAMES}
        for attempt in reply.failed_over
    ]
    facts = [(fact.name, fact.value, fact.source) for fact in reply.facts]
    flat["failed_over"] = quick_json.told(tried) if tried else "[]"
    flat["pace"] = reply.pace.told() if reply.pace else ""
    flat["facts"] = quick_json.told(facts) if facts else "[]"
    return flat


def reply_row(reply: Reply) -> Flat:
    """The same for the store."""
    return _REPLY.row(reply_flat(reply))


def reply_spooled(flat: Flat, body: bytes, large: Large | None = None) -> Reply:
    """The reply that `reply_flat` was given, with its body; its texts fit their columns."""
    return _reply(_REPLY.fitted(_told(flat, _REPLY.names)), body, large)


def reply_of(row: Mapping[Any, Any], body: bytes, large: Large | None = None) -> Reply:
    """The reply that `reply_row` was given, with its body."""
    return _reply({name: row[name] for name in _REPLY.names}, body, large)


def _reply(values: Flat, body: bytes, large: Large | None) -> Reply:
    values["leg"] = Leg(values["leg"])
    values["side"] = Side(values["side"])
    values["end"] = End(values["end"])
    values["failed_over"] = tuple(map(_attempt, quick_json.read(values["failed_over"])))
    values["pace"] = pace.retold(values["pace"])
    values["facts"] = tuple(
        Fact(name, value, Source(source))
        for name, value, source in quick_json.read(values["facts"])
    )
    return Reply(**values, body=body, large=large)


def _told(flat: Mapping[Any, Any], names: Sequence[str]) -> Flat:
    """What a spool says, of an older version too."""
    return {name: flat[name] if name in flat else _LATER[name] for name in names}


def _attempt(values: Mapping[str, Any]) -> Attempt:
    return Attempt(**{**values, "side": Side(values["side"]), "end": End(values["end"])})


def _storable(text: str) -> str:
    """Neither engine stores half a character or a NUL."""
    whole = text.encode("utf-8", "replace").decode()
    return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")
