"""Server-sent events, read from bytes that arrive in any split.

Follows the event stream interpretation of the WHATWG HTML standard, section 9.2.6: lines end with
CR, LF or both, `data` lines join, comments are dropped, an event that the end cuts off is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BOM = b"\xef\xbb\xbf"
LONGEST_LINE = 4 << 20


class EventTooLong(ValueError):
    """A line beyond four megabytes, which no event of an answer needs."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its type, `message` where none was named, and its data."""

    type: str
    data: str


@dataclass(slots=True)
class Parser:
    """Turns bytes into events. Holds what is not yet a whole event."""

    _tail: bytes = b""
    _started: bool = False
    _after_cr: bool = False
    _type: str = ""
    _data: list[str] = field(default_factory=list)

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that these bytes complete. Raises EventTooLong."""
        if not chunk:  # says nothing, least of all that a CR stood alone
            return []
        buffer = self._tail + chunk
        if not self._started:
            if len(buffer) < len(BOM) and BOM.startswith(buffer):
                self._tail = buffer
                return []
            buffer = buffer.removeprefix(BOM)
            self._started = True
        if self._after_cr:
            buffer = buffer.removeprefix(b"\n")
            self._after_cr = False
        return self._lines(buffer)

    def _lines(self, buffer: bytes) -> list[Event]:
        lines = buffer.splitlines(keepends=True)
        self._tail = b""
        if lines and lines[-1][-1] not in b"\r\n":
            self._tail = lines.pop()
            if len(self._tail) > LONGEST_LINE:
                raise EventTooLong(f"a line of an event is longer than {LONGEST_LINE} bytes")
        self._after_cr = not self._tail and buffer.endswith(b"\r")
        found = (self._line(line.rstrip(b"\r\n").decode("utf-8", "replace")) for line in lines)
        return [event for event in found if event is not None]

    def _line(self, line: str) -> Event | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "data":
                self._data.append(value)
            case "event":
                self._type = value
            case _:  # a comment (no name), or a field that says nothing about the answer
                pass
        return None

    def _dispatch(self) -> Event | None:
        event = Event(self._type or "message", "\n".join(self._data)) if self._data else None
        self._type = ""
        self._data = []
        return event
