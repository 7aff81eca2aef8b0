"""Accepts and replies as flat values, for the columns of the store and the records of the spool.

Texts that clients and upstreams choose are cut to their columns here: PostgreSQL refuses a long
one, and one refused record would hold up all behind it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import String, Table

from mirror import pace
from mirror.exchange import Accept, Attempt, End, Fact, Large, Leg, Outcome, Reply, Side, Source
from mirror.journal import tables

type Flat = dict[str, Any]
"""Column name -> number, text, truth or None; JSON where the value has parts. Without the body."""


def _lengths(table: Table) -> dict[str, int | None]:
    return {c.name: c.type.length for c in table.columns if isinstance(c.type, String)}


_ACCEPT = _lengths(tables.exchange)
_REPLY = _lengths(tables.reply)
_BODY = ("body", "large")  # which have a column, and a place in the spool, of their own
_ACCEPT_NAMES = [field.name for field in fields(Accept) if field.name not in _BODY]
_REPLY_NAMES = [field.name for field in fields(Reply) if field.name not in _BODY]
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
    row = {name: getattr(accept, name) for name in _ACCEPT_NAMES}
    row["headers"] = json.dumps(accept.headers)
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
    row = {name: getattr(reply, name) for name in _REPLY_NAMES}
    row["failed_over"] = json.dumps(
        [
            {name: getattr(attempt, name) for name in _ATTEMPT_NAMES}
            for attempt in reply.failed_over
        ]
    )
    row["pace"] = reply.pace.told() if reply.pace else ""
    row["facts"] = json.dumps([[fact.name, fact.value, fact.source] for fact in reply.facts])
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


def _fitted(row: Flat, lengths: Mapping[str, int | None]) -> Flat:
    for name in row.keys() & lengths.keys():
        text, length = row[name], lengths[name]
        if (
            not text.isascii() or "\0" in text
        ):  # neither engine stores half a character or a NUL
            text = (
                text.encode("utf-8", "replace")
                .decode()
                .replace("\0", "\N{REPLACEMENT CHARACTER}")
            )
        row[name] = str(text[:length])
    return row
