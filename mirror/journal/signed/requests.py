"""What a log says was asked for: an export is signed only as its `export.requested` has it.

A manifest says for whom it is, what for and who agreed. Whoever may write to the signer's folder could say anything
there; so the signer looks for the event that says the same, and that the event stands in the log that it signed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from mirror.journal.signed import heads
from mirror.journal.signed.folder import Signed
from mirror.journal.signed.merkle import inclusion_path, leaf_hash, verify_inclusion
from mirror.journal.tables import event
from mirror.redaction.redact import redacted

REQUESTED = "export.requested"
_SAME = ("from_us", "to_us", "profile", "approved_by")
_event = event.c


def request_of(conn: Connection, manifest: Mapping[str, Any]) -> tuple[int, str] | None:
    """The number and the body of the event that asked for what a manifest says; None where there is none."""
    said = _said(manifest)
    for seq, body in _requests(conn, str(manifest["tenant"])):
        asked = json.loads(body)
        details = asked["details"]
        by = details.get("requested_by", asked["actor"]["name"])
        if _said({**details, "requested_by": by}) == said:
            return seq, body
    return None


def stands(conn: Connection, tenant: str, seq: int, body: str, known: Signed) -> bool:
    """Whether an event is the one of its number in the log that was signed. Raises LookupError for lost events."""
    path = inclusion_path(seq - 1, known.size, heads.subtrees(conn, tenant))
    leaf, root = leaf_hash(body.encode()), known.range().root()
    return verify_inclusion(seq - 1, known.size, leaf, path, root)


def _said(manifest: Mapping[str, Any]) -> list[object]:
    """What has to be the same. An event covers what a purpose says of a patient, and a manifest need not."""
    purpose, by = str(manifest.get("purpose", "")), manifest.get("requested_by")
    return [by, redacted(purpose), *(manifest.get(name) for name in _SAME)]


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
