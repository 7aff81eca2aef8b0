"""Canonical JSON after RFC 8785, of values without fractions: one spelling, the same in every reader's hands."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import NoneType
from typing import cast

import orjson
import rfc8785

LARGEST = 2**53 - 1  # the largest integer of which every reader sees the same digits

# What is written as it is; and the kinds of words that were met, which are texts too.
_SIMPLE: set[type] = {str, bool, NoneType}

# For what is rarer. Sorted, without spaces and with nothing escaped that need not be: RFC 8785, where no number is a fraction
# and every name is of ASCII.
_dumps = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False
).encode

type Value = str | int | bool | Sequence[Value] | Mapping[str, Value] | None
"""What an event may say. Fractions are passed as strings, so that every reader sees the same digits."""


class EventInvalid(Exception):
    """An event that has no canonical form: a float, an integer beyond 2^53, a broken string."""


def canonical(value: Mapping[str, Value]) -> str:
    """JSON after RFC 8785. Raises `EventInvalid`."""
    try:
        if _is_common(value):
            with contextlib.suppress(TypeError):  # names that are words of an enumeration
                return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
        if not _has_plain_names(value):
            return rfc8785.dumps(value).decode()
        text = _dumps(value)
        text.encode()
    except (rfc8785.CanonicalizationError, ValueError, TypeError) as error:
        raise EventInvalid(f"an event with no canonical form: {error}") from error
    return text


def _is_common(group: Mapping[str, Value]) -> bool:
    """Whether it is what nearly all events are: of that the fastest writer makes the same text as RFC 8785 asks for.

    Not so where a name is not of ASCII, a value of a rarer kind, or an integer more than every reader holds.
    """
    if type(group) is not dict or not "".join(group).isascii():
        return False
    for one in group.values():
        kind = type(one)
        if kind in _SIMPLE or (kind is int and -LARGEST <= one <= LARGEST):
            continue
        if not (kind is dict and _is_common(one)) and not _is_word(one):
            return False
    return True


def _is_word(one: Value) -> bool:
    if isinstance(one, StrEnum):
        _SIMPLE.add(type(one))
        return True
    return False


def _has_plain_names(value: Value) -> bool:
    """Whether all names are of ASCII: those the standard library sorts as RFC 8785 does (section 3.2.3).

    Said for every event, so what most values are is known by their type alone, and no function is called for it.
    Raises `EventInvalid` for a float and for an integer that not every reader can hold.
    """
    plain, holding = True, [value]
    for group in holding:  # which grows by what is found in it
        items = cast("Iterable[Value]", group)
        if isinstance(group, dict):
            plain, items = plain and "".join(group).isascii(), group.values()
        for one in items:
            kind = type(one)
            if kind is str or kind is bool or one is None:
                continue
            if kind is dict or kind is list:
                holding.append(one)
            elif kind is int and isinstance(one, int):
                if not -LARGEST <= one <= LARGEST:
                    raise EventInvalid(f"an event holds the integer {one}; pass it as a string")
            else:
                holding.append(_plainly(one))
    return plain


def _plainly(value: Value) -> Value:
    """A value of a rarer kind, as what holds it. Raises `EventInvalid` for a float."""
    match value:
        case float():
            raise EventInvalid(f"an event holds the float {value}; pass it as a string")
        case int():
            return [int(value)]
        case str():
            return []
        case Mapping():
            return dict(value)
        case _:
            return list(value or ())
