"""Which tenants' keys cannot be had: what the processes that miss them say in the event log, once an hour each."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import Connection, select

from mirror.journal.tables import event
from mirror.proxy.metrics import Sample

SAID_US = 2 * 3_600_000_000
"""For how long what was said holds: who misses a key says so again within an hour."""
TYPES = {
    "crossfade_keys_missing": (
        "gauge",
        "Tenants of which a key or the pepper could not be had, or was another, in the last two hours.",
    ),
}
_SAID = select(event.c.body).where(event.c.tenant == "", event.c.type == "key.missing")


def missing(conn: Connection, now_us: int) -> list[str]:
    """The tenants, in the order of their names."""
    said = conn.scalars(_SAID.where(event.c.at_us > now_us - SAID_US))
    return sorted({json.loads(body)["object"]["id"] for body in said})


def samples(conn: Connection, now_us: int) -> Iterator[Sample]:
    """For Prometheus."""
    yield "crossfade_keys_missing", (), len(missing(conn, now_us))
