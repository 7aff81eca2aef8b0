"""Accepts and replies as a spool has them: the values alone, each at its place, for they are written while a client waits.

A value that records come to have later stands behind all others, so that an older record is short of it and
a newer one is read without it. An older version wrote names with its values, as `rows` has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, fields
from operator import attrgetter
from typing import Any

from mirror.exchange import Accept, Attempt, End, Fact, Large, Leg, Outcome, Reply, Side, Source
from mirror.journal import rows
from mirror.journal.rows import Flat
from mirror.pace import Pace

type Values = list[Any]
"""Of texts, numbers and truths; headers are a group of names, and attempts, facts, a pace and a large body are lists of their own values."""

_ACCEPT = (
    "id", "tenant", "route", "session", "accepted_us", "method", "path",
    "requested_model", "streaming", "stage", "epoch", "serving", "outcome",
    "reason", "reask", "headers", "kept", "subject", "large",
)  # fmt: skip
_REPLY = (
    "exchange_id", "leg", "side", "upstream", "location", "model", "sent_us",
    "end", "status", "error", "total_us", "first_byte_us", "first_token_us",
    "content_type", "content_encoding", "body_cut", "served_model", "served_by",
    "failed_over", "facts", "other", "pace", "large",
)  # fmt: skip
_ATTEMPT = ("side", "upstream", "location", "end", "status", "took_us", "other")
_of_attempt = attrgetter(*_ATTEMPT)
_of_fact = attrgetter("name", "value", "source")
_of_pace = attrgetter("events", "last_us", "longest_us", "held_us", "gaps")
_of_large = attrgetter("digest", "length", "commitment")


def accept_values(one: Accept) -> Values:
    """An accept's values, without its body. No text is cut while somebody waits for an answer."""
    return [
        one.id, one.tenant, one.route, one.session, one.accepted_us, one.method, one.path,
        one.requested_model, one.streaming, one.stage, one.epoch, one.serving, one.outcome,
        one.reason, one.reask, one.headers, one.kept, one.subject, _of_large(one.large) if one.large else None,
    ]  # fmt: skip


def reply_values(one: Reply) -> Values:
    """A reply's values, without its body."""
    return [
        one.exchange_id, one.leg, one.side, one.upstream, one.location, one.model, one.sent_us,
        one.end, one.status, one.error, one.total_us, one.first_byte_us, one.first_token_us,
        one.content_type, one.content_encoding, one.body_cut, one.served_model, one.served_by,
        [_of_attempt(each) for each in one.failed_over] if one.failed_over else (),
        [_of_fact(each) for each in one.facts] if one.facts else (),
        one.other, _of_pace(one.pace) if one.pace else None, _of_large(one.large) if one.large else None,
    ]  # fmt: skip


def accept_of(values: Values, body: bytes) -> Accept:
    """The accept of these values, with its body; its texts fit their columns. Raises ValueError, KeyError and TypeError."""
    flat = rows.fit_accept(_named(_ACCEPT, values, _ACCEPT_DEFAULTS))
    flat["serving"] = Side(flat["serving"])
    flat["outcome"] = Outcome(flat["outcome"])
    flat["large"] = _large(flat["large"])
    return Accept(**flat, body=body)


def reply_of(values: Values, body: bytes) -> Reply:
    """The reply of these values, with its body; its texts fit their columns. Raises ValueError, KeyError and TypeError."""
    flat = rows.fit_reply(_named(_REPLY, values, _REPLY_DEFAULTS))
    flat["leg"] = Leg(flat["leg"])
    flat["side"] = Side(flat["side"])
    flat["end"] = End(flat["end"])
    flat["failed_over"] = tuple(map(_attempt, flat["failed_over"]))
    flat["facts"] = tuple(
        Fact(name, value, Source(source)) for name, value, source in flat["facts"]
    )
    flat["pace"] = _pace(flat["pace"])
    flat["large"] = _large(flat["large"])
    return Reply(**flat, body=body)


def _named(names: Sequence[str], values: Values, defaults: Flat) -> Flat:
    if type(values) is not list:
        raise ValueError("a record's values are a list")
    flat = dict(zip(names, values, strict=False))
    return flat if len(flat) == len(names) else defaults | flat


def _attempt(told: Values) -> Attempt:
    side, upstream, location, end, status, took_us, other = told
    return Attempt(Side(side), upstream, location, End(end), status, took_us, other)


def _pace(told: Values | None) -> Pace | None:
    if told is None:
        return None
    events, last_us, longest_us, held_us, gaps = told
    return Pace(events, last_us, longest_us, held_us, tuple(map(tuple, gaps)))


def _large(told: Values | None) -> Large | None:
    return None if told is None else Large(*told)


def _defaults(record: type[Any], names: Sequence[str]) -> Flat:
    """What an older record says of what it is short of."""
    told = {one.name: one.default for one in fields(record)}
    return {name: told[name] for name in names if told[name] is not MISSING}


_ACCEPT_DEFAULTS, _REPLY_DEFAULTS = _defaults(Accept, _ACCEPT), _defaults(Reply, _REPLY)
