"""A table that is derived from events: its columns, and the row that an event gives. Standard library only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from cutover.verifying.cells import Cell, plus8, utc
from cutover.verifying.sayings import Event, number_at, text_at

Row = dict[str, Cell]


class Column(NamedTuple):
    """A column's name, whether it holds whole numbers, and how an event tells its cell."""

    name: str
    whole: bool
    read: Callable[[Event], Cell]


class Table:
    """One table. `types` are those of the events that it shows; one that ends with a dot stands for all that follow."""

    def __init__(self, types: Sequence[str], columns: Sequence[Column]) -> None:
        self._types = frozenset(types)
        self._groups = tuple([one for one in types if one.endswith(".")])
        self._columns: tuple[Column, ...] = (*WHEN, *columns)
        self.columns = tuple([one.name for one in self._columns])
        self.whole = frozenset([one.name for one in self._columns if one.whole])
        """The columns of whole numbers; all others are texts."""

    def shows(self, type: str) -> bool:
        """Whether an event of this type gives a row."""
        return type in self._types or type.startswith(self._groups)

    def row(self, event: Event) -> Row | None:
        """The row of an event, in the order of the columns; None where it gives none. It never raises."""
        if not self.shows(text_at(event, "type")):
            return None
        return {one.name: one.read(event) for one in self._columns}


def said(name: str, *path: str) -> Column:
    """A text: that of the event's details of this name, or at another place."""
    place = path or ("details", name)
    return Column(name, False, lambda event: text_at(event, *place))


def either(name: str, *places: Sequence[str]) -> Column:
    """The text at the first of several places that has one."""
    return Column(
        name,
        False,
        lambda event: next(filter(None, [text_at(event, *place) for place in places]), ""),
    )


def counted(name: str, *path: str) -> Column:
    """A whole number: that of the event's details of this name, or at another place."""
    place = path or ("details", name)
    return Column(name, True, lambda event: number_at(event, *place))


def told(name: str, read: Callable[[Event], str]) -> Column:
    """A text that is made of several things the event says."""
    return Column(name, False, read)


WHEN = (
    counted("seq", "seq"),
    told("at_utc", lambda event: utc(number_at(event, "at_us"))),
    told("at_plus8", lambda event: plus8(number_at(event, "at_us"))),
    said("type", "type"),
    said("tenant", "tenant"),
)
"""Every table begins with these: where the event stands in the log, and when it was."""

WHO = (
    said("actor_kind", "actor", "kind"),
    said("actor", "actor", "name"),
    said("roles", "actor", "roles"),
)
"""Who did it, and the roles they had then."""

HOW = (said("outcome", "outcome"), said("reason", "reason"))
