"""A year of one clinic on the log: what left for the cloud, who saw what, and the policies it was under."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from mirror.journal import events
from mirror.journal.store import Store

TENANT = "clinic"
FIRST_US = 1_767_225_600_000_000  # 2026-01-01
YEAR_US = 365 * 86_400_000_000
PATIENTS, PEOPLE = 20_000, 12
A_POLICY_EVERY, AN_ACCESS_EVERY = 20_000, 400
"""So many requests are under one policy, and of so many one is looked at by somebody."""


def told(store: Store, numbers: range, requests: int) -> None:
    """These requests of the year go on record."""
    with store.write() as conn:
        for number in numbers:
            _request(conn, number, FIRST_US + number * YEAR_US // requests)


def _request(conn: Connection, number: int, at_us: int) -> None:
    if number % A_POLICY_EVERY == 0:
        _policy(conn, number, at_us)
    for kind, outcome, details in _departure(number):
        events.append(
            conn,
            tenant=TENANT,
            type=kind,
            actor={"kind": "service", "name": "proxy"},
            object={"kind": "exchange", "id": f"{number:036d}"},
            at_us=at_us,
            outcome=outcome,
            details=details,
        )
    if number % AN_ACCESS_EVERY == 0:
        _access(conn, number, at_us)


def _departure(number: int) -> Iterator[tuple[str, str, dict[str, events.Value]]]:
    sent: dict[str, events.Value] = {
        "egress": f"{number:032x}",
        "purpose": "serve" if number % 5 else "reask",
        "upstream": "openai",
        "call": "POST /v1/chat/completions",
        "sent_bytes": 900 + number % 4_000,
        "before": True,
        "subject": f"P{number * 7919 % PATIENTS:019d}",
    }
    yield "egress.intent", "ok", sent
    ended: dict[str, events.Value] = {"status": 200, "took_us": 1_200_000}
    yield "egress.done", "ok" if number % 200 else "failed", sent | ended


def _access(conn: Connection, number: int, at_us: int) -> None:
    events.append(
        conn,
        tenant=TENANT,
        type="payload.viewed",
        actor={"kind": "human", "name": f"person-{number % PEOPLE}"},
        object={"kind": "exchange", "id": f"{number:036d}"},
        at_us=at_us,
        reason="a clinician asked about this answer",
    )


def _policy(conn: Connection, number: int, at_us: int) -> None:
    sha256 = f"{number:064x}"
    events.append(
        conn,
        tenant="",
        type="policy.applied",
        actor={"kind": "human", "name": f"person-{number % PEOPLE}"},
        object={"kind": "policy", "id": sha256},
        at_us=at_us,
        details=events.changed("", sha256),
    )
