"""Events a second that one core appends, beside the same rows written without links and without hashes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text, insert

from mirror.journal import events
from mirror.journal.store import Store

BATCH = 200
"""Events in one transaction: what a drainer under load finds in the spool at once."""
TENANTS = 8
BEGAN_US = 1_700_000_000_000_000
PLAIN = Table(
    "plain_audit",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at_us", Integer),
    Column("tenant", String(64)),
    Column("type", String(64)),
    Column("body", Text),
)
DETAILS: dict[str, events.Value] = {
    "route": "chat",
    "leg": "served",
    "side": "candidate",
    "upstream": "gpu",
    "location": "onprem",
    "model": "llama-3.1-70b-instruct",
    "served_model": "llama-3.1-70b-instruct",
    "served_by": "gpu-2",
    "facts": {"engine": "vllm 0.11 (declared)", "gpu": "H100 (observed)"},
    "other": "",
    "status": 200,
    "total_us": 1_234_567,
    "failed_over": 0,
    "body_commitment": "a" * 64,
}
_PLAIN = insert(PLAIN)


@dataclass(frozen=True)
class Rate:
    """Events a second: on the wall, to the last commit on disk; and of the processor alone."""

    wall: float
    cpu: float


def logged(conn: Connection, number: int) -> None:
    """One event as the product appends it."""
    events.append(
        conn,
        tenant=f"clinic-{number % TENANTS}",
        type="request.served",
        actor={"kind": "service", "name": "proxy"},
        object={"kind": "exchange", "id": f"{number:036d}"},
        at_us=BEGAN_US + number,
        details=DETAILS,
    )


def plain(conn: Connection, number: int) -> None:
    """The same said in a row of a table that anybody may change: what an audit table elsewhere is."""
    body = events.canonical({"object": f"{number:036d}", "details": DETAILS})
    row = {"at_us": BEGAN_US + number, "tenant": f"clinic-{number % TENANTS}"}
    conn.execute(_PLAIN, row | {"type": "request.served", "body": body})


def measured(
    folder: Path, write: Callable[[Connection, int], None], count: int, batch: int = BATCH
) -> Rate:
    """Appends `count` events to a new SQLite store in `folder`, which syncs each transaction to the disk."""
    folder.mkdir(parents=True)
    store = Store.open(f"sqlite:///{folder / 'store.db'}")
    try:
        with store.write() as conn:
            PLAIN.create(conn)
        wall, cpu = time.perf_counter(), time.process_time()
        for first in range(0, count, batch):
            with store.write() as conn:
                for number in range(first, min(first + batch, count)):
                    write(conn, number)
        return Rate(count / (time.perf_counter() - wall), count / (time.process_time() - cpu))
    finally:
        store.close()
