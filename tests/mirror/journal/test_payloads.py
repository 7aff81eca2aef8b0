import hashlib
import json

import pytest
from builders import accepted, replied
from sqlalchemy import select, update

from mirror.exchange import Large
from mirror.journal import exchanges, payloads
from mirror.journal.exchanges import load, load_accept
from mirror.journal.rows import accept_row
from mirror.journal.seal import ERASED, SealBroken, Sealer
from mirror.journal.tables import exchange

NAMED = {"user-agent": "clinic app of Puan Salmah", "content-type": "application/json"}


@pytest.fixture
def sealer(home):
    return Sealer.open(home)


def kept(store, sealer, **changes):
    """An accept in the store, and its headers as they stand there."""
    accept = accepted(1, **{"headers": NAMED, **changes})
    with store.write() as conn:
        exchanges.record_accept(conn, accept, sealer)
    with store.read() as conn:
        return accept, conn.scalars(select(exchange.c.headers)).one()


def test_headers_that_a_client_chose_come_back_and_stand_nowhere_in_clear(store, sealer):
    accept, stands = kept(store, sealer)
    assert "Salmah" not in stands
    with store.read() as conn:
        assert load(conn, accept.id, sealer).accept == accept
        assert load_accept(conn, accept.id, sealer, 1000) == accept


def test_without_a_sealer_headers_stay_closed_as_bodies_do(store, sealer):
    accept, _ = kept(store, sealer)
    with store.read() as conn:
        found = load(conn, accept.id, None).accept
    assert (found.headers, found.body) == ({}, b"")
    assert found.id == accept.id


def test_headers_of_another_exchange_in_their_place_are_found_out(store, sealer):
    accept, _ = kept(store, sealer)
    other = accepted(2, headers=NAMED)
    with store.write() as conn:
        exchanges.record_accept(conn, other, sealer)
        moved = select(exchange.c.headers).where(exchange.c.id == other.id).scalar_subquery()
        conn.execute(update(exchange).where(exchange.c.id == accept.id).values(headers=moved))
    with store.read() as conn, pytest.raises(SealBroken, match="headers"):
        load(conn, accept.id, sealer)


def test_what_an_older_version_kept_in_clear_is_read(store, sealer):
    accept, _ = kept(store, sealer)
    with store.write() as conn:
        conn.execute(update(exchange).values(headers=accept_row(accept)["headers"]))
    with store.read() as conn:
        assert load(conn, accept.id, sealer).accept.headers == NAMED
    assert json.loads(accept_row(accept)["headers"]) == NAMED


def test_the_body_of_a_reply_comes_back_with_its_accept(store, sealer):
    accept, _ = kept(store, sealer)
    reply = replied(1)
    with store.write() as conn:
        exchanges.record_reply(conn, reply, sealer)
    with store.read() as conn:
        found = load(conn, accept.id, sealer)
    assert found.replies == {reply.leg: reply}
    assert found.accept.body == accept.body


def test_what_comes_after_an_erasure_leaves_a_commitment_alone():
    kept = payloads.late(replied(1, body=b"more"))
    assert kept.column == ERASED and len(kept.commitment) == 64
    assert kept.commitment != hashlib.sha256(b"more").hexdigest()


def test_a_late_long_one_leaves_the_commitment_that_it_came_with():
    kept = payloads.late(replied(1, large=Large("ab" * 32, 100, "cd" * 32)))
    assert (kept.column, kept.commitment) == (ERASED, "cd" * 32)
