"""The egress record: what is written of every request to a cloud upstream, before it and after it.

It names the call and never its content: no body, header or query, and of the path only words that
the API itself uses.
"""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from mirror.exchange import End
from mirror.faults import failure
from mirror.guard import EgressBlocked

_log = logging.getLogger(__name__)


class Purpose(StrEnum):
    """Why the cloud was asked."""

    SERVED = "served"  # for an answer to a client
    SHADOW = "shadow"  # a copy
    REASK = "reask"  # a second time, to measure the primary's own noise
    PASSED = "passed"  # not mirrored, passed through
    PROBE = "probe"  # by an operator's check, with no tenant's data


@dataclass(frozen=True, slots=True)
class Intent:
    """A request that is about to leave. `id` is its own; an exchange may have several.

    `sent_bytes` is the body's length. `before` says that the record is on disk before the first byte. `subject` is
    the pseudonym of the patient that it is about, where the client told (`mirror.patient`).
    """

    id: str
    exchange_id: str
    purpose: Purpose
    tenant: str
    upstream: str
    call: str
    sent_bytes: int
    at_us: int
    before: bool
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """How it ended: `reason` is empty for an answer, or an `End`, `given_up` or `process_killed`.

    It says everything that its intent says, so that it can stand alone.
    """

    intent: Intent
    reason: str
    status: int | None
    took_us: int


GIVEN_UP = "given_up"  # nobody waited for the answer any more
KILLED = "process_killed"


class EgressRecord(Protocol):
    """Where the record is written."""

    def egress(self, entry: Intent | Done) -> bool:
        """Writes an entry at once; False where it could not be kept."""

    async def durable(self) -> bool:
        """Waits until all that was written is on disk; False where it is not."""


def call_of(method: str, path: str) -> str:
    """Method and path with a `*` for everything in it that is no word of the API."""
    parts = [part if part in _WORDS or not part else "*" for part in path.split("/")]
    return f"{method[:10]} {'/'.join(parts)[:120]}"


@dataclass(slots=True)
class Entry:
    """A request that is on the record and has not ended. `status` is the answer's."""

    status: int | None = None


@contextlib.asynccontextmanager
async def on_record(record: EgressRecord | None, intent: Intent) -> AsyncIterator[Entry]:
    """Writes down that a request is about to leave, and how what is done inside ended.

    Raises EgressBlocked where it must be on disk before and cannot be.
    """
    kept = _written(record, intent)
    if intent.before and not (kept and record is not None and await record.durable()):
        raise EgressBlocked(
            "the egress record cannot be written, and `egress_record: before` lets nothing leave"
            " without it"
        )
    entry, began, reason = Entry(), time.monotonic(), GIVEN_UP
    try:
        yield entry
        failed = entry.status is not None and entry.status >= 400
        reason = End.HTTP_ERROR.value if failed else ""
    except Exception as fault:
        reason = failure(fault)[0].value
        raise
    finally:
        took_us = round((time.monotonic() - began) * 1e6)
        _written(record, Done(intent, reason, entry.status, took_us))


def _written(record: EgressRecord | None, entry: Intent | Done) -> bool:
    try:
        return record is not None and record.egress(entry)
    except Exception as fault:  # a broken recorder must never become a broken answer
        _log.error("the egress record failed: %s", type(fault).__name__)
        return False


_WORDS = frozenset(
    re.findall(
        r"\S+",
        """v1 v2 chat completions responses embeddings audio transcriptions translations speech
        moderations models images generations edits variations files content batches cancel
        assistants threads messages runs steps vector_stores file_batches search fine_tuning jobs
        events checkpoints uploads parts complete rerank score conversations items input_items
        containers evals realtime sessions organization""",
    )
)
