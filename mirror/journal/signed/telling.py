"""What the signer tells the store, besides checkpoints: each row with its event, and again is no event more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from mirror.journal import events
from mirror.journal.signed import digests, heads
from mirror.journal.signed.digests import Digest
from mirror.journal.signed.folder import Signed
from mirror.journal.signed.heads import Head, Refusal
from mirror.journal.signed.keyring import SIGNER
from mirror.journal.store import Store


def whose(tenant: str) -> str:
    """A log as people call it."""
    return f"the log of {tenant}" if tenant else "the deployment's own log"


def head(tenant: str, signed: Signed) -> Head:
    """What was signed last of a log, as the store keeps it."""
    return Head(tenant, signed.size, signed.range().root().hex(), signed.at_us, signed.note)


def tell_refusals(store: Store, refused: Mapping[str, Signed], now_us: int) -> None:
    """Writes of logs, by tenant, that they are signed no further."""
    with store.write() as conn:
        for tenant, one in refused.items():
            if heads.refuse(conn, Refusal(tenant, now_us, one.size, one.refused)):
                details: dict[str, events.Value] = {"size": one.size}
                _report(conn, "signer.refused", tenant, now_us, details, one.refused)


def tell_digests(
    store: Store, logs: Mapping[str, Signed], made: Sequence[Digest], now_us: int
) -> None:
    """Writes digests, and into the deployment's own log how far each tenant's is: so that a lost log shows."""
    with store.write() as conn:
        for one in made:
            if digests.keep(conn, one) and one.tenant:
                signed = logs[one.tenant]
                root = signed.range().root().hex()
                details: dict[str, events.Value] = {"size": signed.size, "root": root}
                _report(conn, "checkpoint.signed", one.tenant, now_us, details)


def _report(
    conn: Connection,
    type: str,
    tenant: str,
    at_us: int,
    details: Mapping[str, events.Value],
    why: str = "",
) -> None:
    events.append(
        conn,
        tenant="",
        type=type,
        actor=SIGNER,
        object={"kind": "log", "id": tenant},
        at_us=at_us,
        reason=why,
        details=details,
        outcome="refused" if why else "ok",
    )
