"""Which requests are mirrored and may be answered by the other side: one table, fail closed.

What is not in the table passes through to one upstream, is never copied and never fails over,
because it may create or use state on the server. docs/surface.md is printed from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mirror.conditions import (
    BACKGROUND,
    CONTINUED,
    REFERS,
    REMOTE_CONTENT,
    SEALED,
    SERVER_TOOLS,
    STORED_IF_ASKED,
    STORED_UNLESS_REFUSED,
    UNREAD,
    Condition,
    Excluded,
)
from mirror.dialects.chat import CHAT
from mirror.dialects.completions import COMPLETIONS
from mirror.dialects.dialect import Dialect
from mirror.dialects.lists import EMBEDDINGS, RERANK, SCORE
from mirror.dialects.responses import RESPONSES
from mirror.dialects.transcriptions import TRANSCRIPTIONS


class Use(StrEnum):
    """What may be done with a call."""

    MIRROR = "mirror"  # copied, compared, and may fail over, unless its body excludes it
    PASS = "pass"  # leaves nothing behind, and nothing here compares its answer
    STATE = "state"  # creates or uses what is kept on the server
    UNKNOWN = "unknown"  # of no row, so taken for one that keeps state


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: a method (`*` for any), a path, and what is done with such calls.

    `below` takes in every path under it. `said` names the keys of the body that hold what people
    said and showed, `turns` the one of a conversation that is sent again with every request. Of the
    `conditions` the first that holds excludes a request; those of another's state stand first.
    """

    method: str
    path: str
    use: Use
    why: str
    dialect: Dialect | None = None
    conditions: tuple[Condition, ...] = ()
    said: tuple[str, ...] = ()
    turns: str = ""
    below: bool = False

    def fits(self, method: str, path: str) -> bool:
        """Whether a call is of this row."""
        if self.method not in ("*", method):
            return False
        return path == self.path or (self.below and path.startswith(f"{self.path}/"))


def _mirrored(
    path: str, dialect: Dialect, *conditions: Condition, said: str = "", turns: str = ""
) -> Row:
    why = "everything it needs stands in the request"
    keys = tuple((said or turns).split())
    return Row("POST", path, Use.MIRROR, why, dialect, conditions, keys, turns)


def _passed(method: str, path: str, why: str, *, below: bool = False) -> Row:
    return Row(method, path, Use.PASS, why, below=below)


def _state(path: str, why: str) -> Row:
    return Row("*", path, Use.STATE, why, below=True)


_PARTS = (REFERS, REMOTE_CONTENT)

TABLE: tuple[Row, ...] = (
    _mirrored(
        "/v1/chat/completions",
        CHAT,
        REFERS,
        STORED_IF_ASKED,
        SERVER_TOOLS,
        REMOTE_CONTENT,
        turns="messages",
    ),
    _mirrored("/v1/completions", COMPLETIONS, STORED_IF_ASKED),
    _mirrored(
        "/v1/responses",
        RESPONSES,
        CONTINUED,
        REFERS,
        STORED_UNLESS_REFUSED,
        BACKGROUND,
        SERVER_TOOLS,
        REMOTE_CONTENT,
        SEALED,
        turns="input",
    ),
    _mirrored("/v1/embeddings", EMBEDDINGS, *_PARTS, said="messages"),
    _mirrored("/v1/audio/transcriptions", TRANSCRIPTIONS),
    _mirrored("/v1/audio/translations", TRANSCRIPTIONS),
    *(
        _mirrored(path, RERANK, *_PARTS, said="query documents")
        for path in ("/v1/rerank", "/v2/rerank", "/rerank")
    ),
    *(
        _mirrored(path, SCORE, *_PARTS, said="text_1 text_2 queries documents data_1 data_2")
        for path in ("/v1/score", "/score")
    ),
    _passed("POST", "/v1/audio/speech", "sound is not compared"),
    _passed("POST", "/v1/moderations", "no candidate stands in for it"),
    _passed("GET", "/v1/models", "tells what the upstream serves", below=True),
    _state("/v1/chat/completions", "stored completions"),
    _state("/v1/responses", "stored responses"),
    _state("/v1/conversations", "conversations kept on the server"),
    _state("/v1/files", "files"),
    _state("/v1/uploads", "files in parts"),
    _state("/v1/batches", "jobs that are fetched later"),
    _state("/v1/assistants", "assistants"),
    _state("/v1/threads", "threads and their runs"),
    _state("/v1/vector_stores", "vector stores"),
    _state("/v1/containers", "containers that run code"),
    _state("/v1/fine_tuning", "fine-tuning jobs"),
    _state("/v1/evals", "evaluations"),
    _state("/v1/models", "changes a fine-tuned model"),
    _state("/v1/realtime", "sessions over a socket or WebRTC"),
    _state("/v1/images", "may answer with an address on the server"),
    _state("/v1/videos", "jobs that are fetched later"),
    _state("/v1/organization", "keys, people and costs of the account"),
)
UNKNOWN = Row("*", "everything else", Use.UNKNOWN, "may create or use state", below=True)

_EXACT = {(row.method, row.path): row for row in reversed(TABLE) if row.use is Use.MIRROR}


def row_of(method: str, path: str) -> Row:
    """The row that a call is of: the first that fits, or `UNKNOWN`."""
    found = _EXACT.get((method, path))
    if found is not None:
        return found
    return next((row for row in TABLE if row.fits(method, path)), UNKNOWN)


def dialect_of(method: str, path: str) -> Dialect | None:
    """The dialect of a call that may be copied; None for one that never is."""
    return row_of(method, path).dialect


def shareable(row: Row, excluded: Excluded | None) -> bool:
    """Whether a call may pass with a key that tenants share: by it nobody reaches another's state.

    A body that cannot be read could name anything.
    """
    unsafe = excluded is Excluded.REFERS or excluded in UNREAD
    return row.use in (Use.MIRROR, Use.PASS) and not unsafe


def printed() -> str:
    """The table as Markdown, for docs/surface.md."""
    lines = ["| call | done with it | why, and what in a body excludes it |", "|---|---|---|"]
    for row in (*TABLE, UNKNOWN):
        under = " and below" if row.below and row is not UNKNOWN else ""
        call = "everything else" if row is UNKNOWN else f"`{row.method} {row.path}`{under}"
        why = [row.why, *(f"`{each.code}`: {each.says}" for each in row.conditions)]
        lines.append(f"| {call} | {row.use} | {'<br>'.join(why)} |")
    return "\n".join(lines) + "\n"
