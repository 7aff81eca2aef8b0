"""Accepts and replies as flat values, for the columns of the store and the records of the spool.

Texts that clients and upstreams choose are cut to their columns here: PostgreSQL refuses a long
one, and one refused record would hold up all behind it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

from sqlalchemy import String, Table

from mirror import pace
from mirror.exchange import Accept, Attempt, End, Fact, Large, Leg, Outcome, Reply, Side, Source
from mirror.journal import tables

type Flat = dict[str, Any]
"""Column name -> number, text, truth or None; JSON where the value has parts. Without the body."""


def _lengths(table: Table, names: Sequence[str]) -> list[tuple[str, int]]:
    """How many characters the columns of these names take."""
    found = {c.name: c.type.length for c in table.columns if isinstance(c.type, String)}
    return [(name, found[name] or sys.maxsize) for name in names if name in found]


_BODY = ("body", "large")  # which have a column, and a place in the spool, of their own
_ACCEPT_NAMES = [field.name for field in fields(Accept) if field.name not in _BODY]
_REPLY_NAMES = [field.name for field in fields(Reply) if field.name not in _BODY]
_ACCEPT = _lengths(tables.exchange, _ACCEPT_NAMES)
_REPLY = _lengths(tables.reply, _REPLY_NAMES)
# Rows are made while somebody waits for an answer: all fields at once take a third of the time of one by one.
_of_accept, _of_reply = attrgetter(*_ACCEPT_NAMES), attrgetter(*_REPLY_NAMES)
_encode = json.JSONEncoder().encode
_LATER: Flat = {
    "facts": "[]",
    "kept": "",
    "other": "",
    "pace": "",
    "subject": "",
}  # columns that a spool of an older version lacks
_ATTEMPT_NAMES = [field.name for field in fields(Attempt)]


def accept_row(accept: Accept) -> Flat:
    """An accept without its body."""
    row = dict(zip(_ACCEPT_NAMES, _of_accept(accept), strict=True))
    row["headers"] = _encode(accept.headers)
    return _fitted(row, _ACCEPT)


def accept_of(row: Mapping[Any, Any], body: bytes, large: Large | None = None) -> Accept:
    """The accept that `accept_row` was given, with its body."""
    values = _told(row, _ACCEPT_NAMES)
    values["headers"] = json.loads(values["headers"])
    values["serving"] = Side(values["serving"])
    values["outcome"] = Outcome(values["outcome"])
    return Accept(**values, body=body, large=large)


def reply_row(reply: Reply) -> Flat:
    """A reply without its body."""
    row = dict(zip(_REPLY_NAMES, _of_reply(reply), strict=True))
    tried = [
        {name: getattr(attempt, name) for name in _ATTEMPT_NAMES}
        for attempt in reply.failed_over
    ]
    row["failed_over"] = _encode(tried) if tried else "[]"
    row["pace"] = reply.pace.told() if reply.pace else ""
    facts = [[fact.name, fact.value, fact.source] for fact in reply.facts]
    row["facts"] = _encode(facts) if facts else "[]"
    return _fitted(row, _REPLY)


def reply_of(row: Mapping[Any, Any], body: bytes, large: Large | None = None) -> Reply:
    """The reply that `reply_row` was given, with its body."""
    values = _told(row, _REPLY_NAMES)
    values["leg"] = Leg(values["leg"])
    values["side"] = Side(values["side"])
    values["end"] = End(values["end"])
    values["failed_over"] = tuple(map(_attempt, json.loads(values["failed_over"])))
    values["pace"] = pace.retold(values["pace"])
    values["facts"] = tuple(
        Fact(name, value, Source(source)) for name, value, source in json.loads(values["facts"])
    )
    return Reply(**values, body=body, large=large)


def _told(row: Mapping[Any, Any], names: Sequence[str]) -> Flat:
    return {
        name: _LATER[name] if name in _LATER and name not in row else row[name]
        for name in names
    }


def _attempt(values: Mapping[str, Any]) -> Attempt:
    return Attempt(**{**values, "side": Side(values["side"]), "end": End(values["end"])})


def _fitted(row: Flat, lengths: Sequence[tuple[str, int]]) -> Flat:
    for name, length in lengths:
        text = row[name]
        plain = text.isascii() and "\0" not in text
        if not (plain and type(text) is str and len(text) <= length):
            row[name] = str((text if plain else _storable(text))[:length])
    return row


def _storable(text: str) -> str:
    """Neither engine stores half a character or a NUL."""
    whole = text.encode("utf-8", "replace").decode()
    return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")
