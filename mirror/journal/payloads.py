"""What of an exchange is sealed in the store: bodies, and the headers that a client chose.

Headers that an upstream is told of are free text of a client: a request id or a name of a program may say who
the patient is. They are sealed as bodies are, and erased with them.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from mirror.exchange import Accept, Reply
from mirror.journal.keys.ring import DataKey, KeyDestroyed
from mirror.journal.rows import accept_of
from mirror.journal.seal import ERASED, SALT, Kept, Sealer


def keep(record: Accept | Reply, part: str, sealer: Sealer, key: DataKey | None) -> Kept:
    """A record's body under a tenant's key, durable before this returns where it is long."""
    if record.large is not None:
        return sealer.pointer(record.large)
    id = record.id if isinstance(record, Accept) else record.exchange_id
    return sealer.keep(record.body, f"{id}/{part}", key)


def answer(conn: Connection, reply: Reply, sealer: Sealer, asked: tuple[str, int]) -> Kept:
    """An answer's body under the key of its tenant and of when it was `asked`; its commitment alone where that was destroyed."""
    if reply.large is not None:
        return keep(reply, reply.leg, sealer, None)
    try:
        key = sealer.ring.sealing(conn, *asked)
    except KeyDestroyed:
        return late(reply)
    return keep(reply, reply.leg, sealer, key)


def late(record: Accept | Reply) -> Kept:
    """The same of what comes when its words are kept no more: its commitment alone.

    Its file is for who commits to delete, after the commit.
    """
    large = record.large
    if large is None:
        salted = os.urandom(SALT) + record.body
        return Kept(ERASED, hashlib.sha256(salted).hexdigest())
    return Kept(ERASED, large.commitment)


def words(conn: Connection, text: bytes, context: str, sealer: Sealer, accept: Accept) -> bytes:
    """Other words of an exchange, sealed under the same key; none where that was destroyed."""
    try:
        key = sealer.ring.sealing(conn, accept.tenant, accept.accepted_us)
    except KeyDestroyed:
        return ERASED
    return sealer.seal(text, context, key)


def headers(exchange_id: str, text: str, sealer: Sealer, key: DataKey | None) -> str:
    """The headers of a request, in JSON, as its row keeps them: sealed, in base64."""
    return base64.b64encode(sealer.seal(text.encode(), _context(exchange_id), key)).decode()


def accepted(conn: Connection, row: Mapping[Any, Any], sealer: Sealer | None) -> Accept:
    """The accept of a row without its body; without a sealer its headers stay closed too.

    Raises:
        SealBroken: what is sealed was changed.
    """
    if sealer is None:
        return accept_of({**row, "headers": "{}"}, b"")
    text = row["headers"]
    if not text.startswith("{"):  # a store of an older version has them in clear
        sealed = base64.b64decode(text)
        text = sealer.unseal(sealed, _context(row["id"]), conn).decode()
    return accept_of({**row, "headers": text}, b"", sealer.large(row["body"]))


def whole(conn: Connection, row: Mapping[Any, Any], sealer: Sealer) -> Accept:
    """The accept of a row with its body. Raises `SealBroken`, also for a lost file."""
    accept = accepted(conn, row, sealer)
    return replace(accept, body=sealer.reveal(row["body"], f"{accept.id}/request", conn))


def _context(exchange_id: str) -> str:
    return f"{exchange_id}/headers"
