"""Log lines of long-lived parts: one line each, as JSON or text, and nothing of a payload or a key in them.

What is known of a request goes into fields of its own (`extra={"request_id": ...}`); fields that are
not listed here are left out. An exception is told by its type and where it was raised: its message
could quote what a client sent, and a database's quotes whole rows.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import TextIO

VARIABLE = "CROSSFADE_LOG_FORMAT"
FIELDS = (
    "request_id",
    "tenant",
    "route",
    "stage",
    "side",
    "upstream",
    "end",
    "status",
    "took_ms",
)
LONGEST = 2000
OURS = ("mirror", "compare", "cutover", "crossfade")
ROOT = Path(__file__).parent.parent
# The last line of defence: what looks like a credential, wherever it came from.
_SECRETS = re.compile(
    r"(?i:\b(?:bearer|basic)\s+)[^\s\"',;]+"
    r"|\bsk-[A-Za-z0-9_-]{6,}"
    r"|\beyJ[\w-]{8,}(?:\.[\w-]+)*"
    r"|(?i:\b(?:api[-_]?key|token|secret|password|authorization)\b\"?\s*[=:]\s*)[^\s&,;]+"
)


class Format(StrEnum):
    """How lines are written."""

    JSON = "json"
    TEXT = "text"


def start(part: str, stream: TextIO | None = None) -> None:
    """Writes this process's log to `stream` (stderr) from now on.

    In the format that the environment's CROSSFADE_LOG_FORMAT names; without it, text on a terminal
    and JSON elsewhere.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(wanted(stream), part))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)
    threading.excepthook = _thread_ended
    sys.unraisablehook = _unraisable


def formatter(chosen: Format, part: str) -> logging.Formatter:
    """The formatter of a part's lines."""
    return _Json(part) if chosen is Format.JSON else _Text(part)


def is_told(times: int) -> bool:
    """Whether what has happened so many times is worth a line: the 1st, 2nd, 4th, 8th ... time.

    What a client or a full disk can provoke for ever fills no log.
    """
    return times & (times - 1) == 0


def redacted(text: str) -> str:
    """A text without what looks like a credential, on one line and of bounded length."""
    text = _SECRETS.sub("[redacted]", text[: 2 * LONGEST])
    if len(text) > LONGEST:
        text = text[:LONGEST] + "..."
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def written(part: str, message: str) -> str:
    """A JSON line of a process that has no log of its own."""
    record = logging.makeLogRecord(
        {"name": f"crossfade.{part}", "levelname": "INFO", "msg": message}
    )
    return formatter(Format.JSON, part).format(record)


def wanted(stream: TextIO) -> Format:
    """How lines to this stream are written."""
    given = os.environ.get(VARIABLE, "")
    if given in tuple(Format):
        return Format(given)
    return Format.TEXT if stream.isatty() else Format.JSON


class _Json(logging.Formatter):
    def __init__(self, part: str) -> None:
        super().__init__()
        self._part = part

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object."""
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "part": self._part,
            "logger": record.name,
            "message": redacted(record.getMessage()),
            **dict(_fields(record)),
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["raised_at"] = list(_places(record.exc_info[2]))
        return json.dumps(line, ensure_ascii=False)


class _Text(logging.Formatter):
    def __init__(self, part: str) -> None:
        super().__init__()
        self._part = part

    def format(self, record: logging.LogRecord) -> str:
        """One line for people."""
        told = " ".join(f"{name}={value}" for name, value in _fields(record))
        line = f"{_time(record)} {record.levelname.lower():<7} {self._part}: {redacted(record.getMessage())}"
        if record.exc_info and record.exc_info[0]:
            places = " < ".join(reversed(list(_places(record.exc_info[2]))))
            line += f" [{record.exc_info[0].__name__} at {places}]"
        return f"{line} {told}".rstrip()


def _time(record: logging.LogRecord) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{whole}.{int(record.msecs):03d}Z"


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    for name in FIELDS:
        value = getattr(record, name, None)
        if isinstance(value, int):
            yield name, value
        elif value:
            yield name, redacted(str(value))


def _places(raised: TracebackType | None) -> Iterator[str]:
    """Where an exception came through: files, lines and functions, and no source text."""
    for frame, line in traceback.walk_tb(raised):
        path = Path(frame.f_code.co_filename)
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(*path.parts[-3:])
        yield f"{name}:{line} {frame.f_code.co_name}"


def _thread_ended(told: threading.ExceptHookArgs) -> None:
    if told.exc_type is not SystemExit and told.exc_value is not None:
        name = told.thread.name if told.thread else "?"
        raised = (told.exc_type, told.exc_value, told.exc_traceback)
        logging.getLogger("crossfade.thread").error("thread %s ended", name, exc_info=raised)


def _unraisable(told: object) -> None:
    value = getattr(told, "exc_value", None)
    if value is not None:
        raised = (type(value), value, value.__traceback__)
        logging.getLogger("crossfade.unraisable").warning(
            "an exception was ignored", exc_info=raised
        )
