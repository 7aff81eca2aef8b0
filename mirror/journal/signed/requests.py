"""What a log says was asked for: an export is signed only as its `export.requested` has it.

A manifest says for whom it is, what for, who agreed, and what a reader must know. Whoever may write to the signer's folder
could say anything there; so the signer looks for the event that says the same, that the event stands in the log that it
signed, and that nothing of the range is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from mirror.journal.signed import heads
from mirror.journal.signed.folder import Signed
from mirror.journal.signed.merkle import inclusion_path, leaf_hash, verify_inclusion
from mirror.journal.tables import event

REQUESTED = "export.requested"
_SAME = ("from_us", "to_us", "profile", "purpose", "requested_by", "approved_by", "notes")
_event = event.c


def requests_of(conn: Connection, manifest: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """The number and the body of each event that asked for what a manifest says, the newest first."""
    said = _said(manifest)
    for seq, body in _requests(conn, str(manifest["tenant"])):
        asked = json.loads(body)
        if _said(asked["details"]) == said:
            yield seq, body


def cut(conn: Connection, manifest: Mapping[str, Any], seq: int) -> str:
    """Why a manifest has not all of its range that was on record when event `seq` asked for it; "" where it has.

    Times of a log may stand in any order: before its first event none may be of the range's begin or later, behind its
    last none of before the range's end. The events next to it are read as they were hashed, for a column can be changed.
    """
    first, last = manifest["first_seq"], manifest["last_seq"]
    mine = _event.tenant == str(manifest["tenant"])
    begins = select(func.min(_event.seq)).where(mine, _event.at_us >= manifest["from_us"])
    ends = select(func.max(_event.seq)).where(
        mine, _event.at_us < manifest["to_us"], _event.seq <= seq
    )
    missed = (conn.scalar(begins) or first) < first
    if missed or (_told_us(conn, mine, first - 1) or -1) >= manifest["from_us"]:
        return f"events of its range stand before event {first:,}, and it leaves them out"
    missed = (conn.scalar(ends) or last) > last
    after_us = _told_us(conn, mine, last + 1) if last < seq else None
    if missed or (after_us is not None and after_us < manifest["to_us"]):
        return f"events of its range stand behind event {last:,}, and it leaves them out"
    return ""


def _told_us(conn: Connection, mine: ColumnElement[bool], seq: int) -> int | None:
    """When an event was, by its body; None where there is none of that number."""
    body = conn.scalar(select(_event.body).where(mine, _event.seq == seq))
    return None if body is None else int(json.loads(body)["at_us"])


def on_record(conn: Connection, tenant: str, seq: int) -> bool:
    """Whether a log has an event of that number, signed or not."""
    query = select(_event.seq).where(_event.tenant == tenant, _event.seq == seq)
    return conn.scalar(query) is not None


def stands(conn: Connection, tenant: str, seq: int, body: str, known: Signed) -> bool:
    """Whether an event is the one of its number in the log that was signed. Raises LookupError for lost events."""
    path = inclusion_path(seq - 1, known.size, heads.subtrees(conn, tenant))
    leaf, root = leaf_hash(body.encode()), known.range().root()
    return verify_inclusion(seq - 1, known.size, leaf, path, root)


def _said(told: Mapping[str, Any]) -> list[object]:
    """What has to be the same."""
    return [told.get(name) for name in _SAME]


def _requests(conn: Connection, tenant: str) -> Iterator[tuple[int, str]]:
    """The newest first: it is most often the one that is looked for."""
    query = (
        select(_event.seq, _event.body)
        .where(_event.tenant == tenant, _event.type == REQUESTED)
        .order_by(_event.at_us.desc(), _event.seq.desc())
        .execution_options(yield_per=100)
    )
    for row in conn.execute(query):
        yield row.seq, row.body
