"""A table that is derived from events: its columns, and the row that an event gives. Standard library only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from cutover.verifying.cells import Cell, plus8, utc
from cutover.verifying.sayings import Event, number_of, text_at, text_of

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
        every: tuple[Column, ...] = (*WHEN, *columns)
        self._reads = {one.name: one.read for one in every}
        self.columns = tuple([one.name for one in every])
        self.whole = frozenset([one.name for one in every if one.whole])
        """The columns of whole numbers; all others are texts."""

    def shows(self, type: str) -> bool:
        """Whether an event of this type gives a row."""
        return type in self._types or type.startswith(self._groups)

    def row(self, event: Event) -> Row | None:
        """The row of an event, in the order of the columns; None where it gives none. It never raises."""
        return self.made(event) if self.shows(text_at(event, "type")) else None

    def made(self, event: Event) -> Row:
        """The row of an event that the table shows."""
        return {name: read(event) for name, read in self._reads.items()}

    def cells(self, event: Event, names: Sequence[str]) -> Row:
        """The cells of these columns, of an event that the table shows."""
        return {name: self._reads[name](event) for name in names}


def showing(tables: Mapping[str, Table]) -> Callable[[str], Sequence[str]]:
    """Gives the names of the tables that show events of a type, in their order."""

    @lru_cache(maxsize=1024)  # of whoever makes up types without end, no more are held
    def names(type: str) -> Sequence[str]:
        return tuple([name for name, table in tables.items() if table.shows(type)])

    return names


def said(name: str, *path: str) -> Column:
    """A text: that of the event's details of this name, or at another place."""
    return Column(name, False, _table_text(path or ("details", name)))


def either(name: str, *places: Sequence[str]) -> Column:
    """The text at the first of several places that has one."""
    reads = [_table_text(place) for place in places]

    def read(event: Event) -> str:
        for one in reads:
            if found := one(event):
                return found
        return ""

    return Column(name, False, read)


def counted(name: str, *path: str) -> Column:
    """A whole number: that of the event's details of this name, or at another place."""
    return Column(name, True, number_of(*(path or ("details", name))))


def _table_text(place: Sequence[str]) -> Callable[[Event], str]:
    return text_of(*place) if len(place) < 3 else lambda event: text_at(event, *place)


def told(name: str, read: Callable[[Event], str]) -> Column:
    """A text that is made of several things the event says."""
    return Column(name, False, read)


_TABLE_AT = number_of("at_us")
WHEN = (
    counted("seq", "seq"),
    told("at_utc", lambda event: utc(_TABLE_AT(event))),
    told("at_plus8", lambda event: plus8(_TABLE_AT(event))),
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
