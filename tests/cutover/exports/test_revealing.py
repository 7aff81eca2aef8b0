"""Payloads of a real store against what their events committed to."""

import hashlib
import json

import pytest
from builders import accepted, replied
from sqlalchemy import select, update

from cutover.exports.revealing import revealing
from mirror.journal import exchanges, tables
from mirror.journal.seal import IN_COLUMN, Sealer


@pytest.mark.parametrize("name", ["request_commitment", "body_commitment"])
@pytest.mark.parametrize("body", [b"", b"hello", b"x" * (IN_COLUMN + 7)])
def test_a_payload_is_given_with_the_salt_of_its_commitment(home, store, body, name):
    sealer = Sealer.open(home)
    with store.write() as conn:
        one = accepted(1, body=body)
        exchanges.record_accept(conn, one, sealer)
        exchanges.record_reply(conn, replied(1, body=body), sealer)

    with store.read() as conn:
        said = json.loads(
            conn.scalar(
                select(tables.event.c.body).where(tables.event.c.type == "request.served")
            )
        )
    salt, pieces = revealing(store, sealer).open(one.id, said["details"]["leg"], name)
    told = b"".join(pieces)
    assert told == body
    assert hashlib.sha256(salt + told).hexdigest() == said["details"][name]


def test_what_is_gone_is_erased_and_what_was_changed_unreadable(home, store):
    sealer = Sealer.open(home)
    opened = revealing(store, sealer)
    assert opened.open("nobody", "served", "body_commitment") == "erased"
    with store.write() as conn:
        one = accepted(1)
        exchanges.record_accept(conn, one, sealer)
        conn.execute(update(tables.exchange).values(body=b"\x01" + bytes(60)))
    assert opened.open(one.id, "served", "request_commitment") == "unreadable"
