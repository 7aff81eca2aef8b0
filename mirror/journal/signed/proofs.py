"""Proofs out of a log, as JSON that a verifier reads without the store: of one event, and that an old checkpoint still holds."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, select

from mirror.journal.signed import heads
from mirror.journal.signed.heads import Head, Key
from mirror.journal.signed.merkle import (
    Subtree,
    consistency_path,
    inclusion_path,
    leaf_hash,
    range_of,
    verify_consistency,
    verify_inclusion,
)
from mirror.journal.signed.note import Checkpoint, NoteInvalid, origin_of, parse
from mirror.journal.tables import event

type Body = dict[str, Any]
"""What JSON can say."""


class NothingToProve(Exception):
    """There is no such event or checkpoint, or it is not signed yet."""


class ProofBroken(Exception):
    """The log is not what was signed, so no proof of it holds."""


def inclusion(
    conn: Connection, tenant: str, seq: int, since: tuple[int, bytes] | None = None
) -> Body:
    """What proves that an event is in its log, against the log's newest checkpoint.

    `since` is the size and the root of a head of before: the proof then has `extends`, which shows that it is
    the beginning of the same log.

    Raises:
        NothingToProve: there is no such event, or no checkpoint covers it yet.
        ProofBroken: the log is not what was signed.
    """
    body = conn.scalar(select(event.c.body).where(event.c.tenant == tenant, event.c.seq == seq))
    if body is None:
        raise NothingToProve(f"{_whose(tenant)} has no event {seq:,}")
    head = _newest(conn, tenant)
    if head.size < seq:
        raise NothingToProve(f"event {seq:,} is not signed yet: that takes a minute at most")
    subtrees: Subtree = heads.subtrees(conn, tenant)
    path = _read(lambda: inclusion_path(seq - 1, head.size, subtrees), tenant)
    leaf = leaf_hash(body.encode())
    if not verify_inclusion(seq - 1, head.size, leaf, path, bytes.fromhex(head.root)):
        raise ProofBroken(f"{_whose(tenant)} is not what was signed; run `crossfade fsck`")
    return {
        "kind": "crossfade.inclusion",
        "event": body,
        "index": seq - 1,
        "size": head.size,
        "path": [one.hex() for one in path],
        "checkpoint": head.note,
        "keys": [told(key) for key in heads.keys(conn)],
        **({} if since is None else {"extends": _extends(subtrees, since, head, tenant)}),
    }


def _extends(subtrees: Subtree, since: tuple[int, bytes], head: Head, tenant: str) -> Body:
    size, root = since
    if size > head.size:
        raise ProofBroken(f"{_whose(tenant)} has {head.size:,} signed events, and had {size:,}")
    path = _read(lambda: consistency_path(size, head.size, subtrees), tenant)
    if not verify_consistency(size, head.size, root, bytes.fromhex(head.root), path):
        raise ProofBroken(f"{_whose(tenant)} does not extend its own first {size:,} events")
    return {"size": size, "path": [one.hex() for one in path]}


def consistency(conn: Connection, old: str | bytes) -> Body:
    """What proves that a log's newest checkpoint extends an old one, which somebody kept as a signed note.

    Raises:
        NothingToProve: it is no checkpoint of a log of this deployment.
        ProofBroken: the log does not extend it.
    """
    try:
        note = parse(old)
        before = Checkpoint.read(note.text)
    except NoteInvalid as error:
        raise NothingToProve(f"no signed checkpoint: {error}") from error
    tenant = _tenant(conn, before.origin)
    head = _newest(conn, tenant)
    if before.size > head.size:
        raise ProofBroken(
            f"{_whose(tenant)} has {head.size:,} signed events, and the checkpoint has {before.size:,}"
        )
    subtrees = heads.subtrees(conn, tenant)
    path = _read(lambda: consistency_path(before.size, head.size, subtrees), tenant)
    root = bytes.fromhex(head.root)
    if not verify_consistency(before.size, head.size, before.root, root, path):
        raise ProofBroken(
            f"{_whose(tenant)} does not extend the checkpoint of {before.size:,} events"
        )
    return {
        "kind": "crossfade.consistency",
        "from": before.size,
        "to": head.size,
        "path": [one.hex() for one in path],
        "old_checkpoint": str(note),
        "checkpoint": head.note,
        "keys": [told(key) for key in heads.keys(conn)],
    }


def root_at(conn: Connection, tenant: str, size: int) -> bytes:
    """The root of a log's first `size` events. Raises ProofBroken where some are missing."""
    subtrees: Subtree = heads.subtrees(conn, tenant)
    return _read(lambda: range_of(size, subtrees), tenant).root()


def told(key: Key) -> Body:
    """One of the signer's keys, as bundles and proofs name it; `public` in base64."""
    return {
        "id": key.key_id,
        "name": key.name,
        "public": base64.b64encode(bytes.fromhex(key.public)).decode(),
        "since_us": key.since_us,
        "until_us": key.until_us,
        "revoked_us": key.revoked_us,
        "statement": key.statement,
    }


def _newest(conn: Connection, tenant: str) -> Head:
    head = heads.newest(conn, tenant)
    if head is None:
        raise NothingToProve(f"{_whose(tenant)} has no checkpoint; does the signer run?")
    return head


def _tenant(conn: Connection, origin: str) -> str:
    """Whose log an origin names."""
    own = origin_of(heads.deployment(conn), "")
    if origin != own and not origin.startswith(f"{own}/"):
        raise NothingToProve(f"{origin} is no log of this deployment, {own}")
    return origin[len(own) + 1 :]


def _read[Found](reading: Callable[[], Found], tenant: str) -> Found:
    try:
        return reading()
    except LookupError as error:
        raise ProofBroken(f"{_whose(tenant)} lost events; run `crossfade fsck`") from error


def _whose(tenant: str) -> str:
    return f"the log of {tenant}" if tenant else "the deployment's own log"
