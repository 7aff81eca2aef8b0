"""What a drainer brings for a month whose key was destroyed: no words, no other key, and an event that says so."""

import json
from dataclasses import replace

import pytest
from builders import accepted, replied
from sqlalchemy import select, update

from mirror.exchange import Leg, Outcome
from mirror.journal import chain, events, exchanges, overdue, tables
from mirror.journal.drain import Drainer
from mirror.journal.keys.tables import payload_key
from mirror.journal.seal import Erased, Sealer
from mirror.journal.spool import Limits, Spool

DECEMBER_US = 1_701_388_800_000_000
NOW_US = DECEMBER_US + 2 * 86_400_000_000
LONG = b"x" * 100_000
ACTOR = {"kind": "service", "name": "drainer"}


@pytest.fixture
def spool(home, sealer):
    spool = Spool.open(home, sealer, "proxy", Limits(segment_bytes=8_000))
    yield spool
    spool.close()


@pytest.fixture
def drainer(home, store, sealer, spool):
    """One at work that has November's key in hand, which is then destroyed."""
    drainer = Drainer(home, store, sealer, lambda: NOW_US)
    spool.accept(accepted(1))
    spool.reply(replied(1))
    emptied(drainer)
    with store.write() as conn:
        conn.execute(update(tables.exchange).values(purged_us=5, body=b""))
        conn.execute(update(payload_key).values(destroyed_us=NOW_US - 1, wrapped=b""))
    return drainer


def emptied(drainer):
    while drainer.step():
        pass


def late(spool, number, body=b"words", **more):
    """A request of November in the spool, and its answer."""
    large = None
    if len(body) > 1000:
        large = spool.keep(f"e{number:06}", "request", len(body), [body])
        answer = spool.keep(f"e{number:06}", "served", len(body), [body])
    assert spool.accept(accepted(number, body=b"" if large else body, large=large, **more))
    reply = replied(number, body=b"" if large else body)
    assert spool.reply(replace(reply, large=answer) if large else reply)


def told(store, type):
    with store.read() as conn:
        found = events.read(conn, "clinic")
        assert list(chain.checked(conn, "clinic"))[-1] == len(found)
    return [json.loads(one.body) for one in found if one.type == type]


@pytest.mark.parametrize("body", [b"words", LONG])
def test_its_words_go_its_row_and_commitments_stay_and_an_event_says_so(
    drainer, spool, store, sealer, home, body
):
    late(spool, 2, body, subject="p" * 20)
    emptied(drainer)
    with store.read() as conn:
        assert conn.scalars(select(payload_key.c.month)).all() == [202311]
        row = conn.execute(
            select(tables.exchange).where(tables.exchange.c.id == "e000002")
        ).one()
        with pytest.raises(Erased):
            exchanges.load(conn, "e000002", sealer)
        assert exchanges.load(conn, "e000002", None).replies[Leg.SERVED].status == 200
        assert set(
            conn.scalars(
                select(tables.reply.c.body).where(tables.reply.c.exchange_id == "e000002")
            )
        ) == {b""}
    assert (row.body, row.headers, row.purged_us) == (b"", "{}", NOW_US)
    (said,) = told(store, "retention.overdue")
    assert said["object"] == {"kind": "exchange", "id": "e000002"}
    assert (said["at_us"], said["actor"], said["details"]["month"]) == (NOW_US, ACTOR, 202311)
    assert said["details"]["subject"] == "p" * 20
    served = told(store, "request.served")[-1]["details"]
    assert (
        served["request_commitment"] == said["details"]["request_commitment"] == row.commitment
    )
    assert not [one for one in home.blobs.rglob("*") if one.is_file()]
    assert not list(spool.folder.glob("*.unwanted"))


def test_one_that_was_to_be_compared_has_failed_and_waits_for_nothing(drainer, spool, store):
    late(spool, 2)
    late(spool, 3, outcome=Outcome.EXCLUDED, reason="not_text")
    emptied(drainer)
    with store.read() as conn:
        ids = conn.scalars(select(tables.work.c.exchange_id)).all()
        reasons = exchanges.ledger(conn)["clinic", "chat"].reasons
        left = conn.scalars(select(tables.in_flight.c.exchange_id)).all()
    assert set(ids) == {"e000001"} and left == []
    assert reasons == {"failed: payload_unreadable": 1, "excluded: not_text": 1}


def test_it_holds_up_nothing_of_other_months_and_tenants(drainer, spool, store, sealer):
    late(spool, 2)
    spool.accept(accepted(3, accepted_us=DECEMBER_US))
    spool.accept(accepted(4, tenant="other"))
    late(spool, 5)
    emptied(drainer)
    with store.read() as conn:
        months = conn.execute(select(payload_key.c.tenant, payload_key.c.month)).all()
        assert [exchanges.load(conn, f"e00000{n}", sealer).accept.body for n in (3, 4)]
    assert sorted(months) == [("clinic", 202311), ("clinic", 202312), ("other", 202311)]
    assert len(told(store, "retention.overdue")) == 2


def test_given_again_it_changes_nothing(store):
    with store.write() as conn:
        assert overdue.record_accept(conn, accepted(1), ACTOR, NOW_US)
        assert not overdue.record_accept(conn, accepted(1), ACTOR, NOW_US + 1)
    (said,) = told(store, "retention.overdue")
    assert "subject" not in said["details"]


def test_an_answer_to_what_an_older_version_left_under_a_destroyed_key_stops_nothing(
    store, sealer, home
):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), sealer)
        conn.execute(update(payload_key).values(destroyed_us=1, wrapped=b""))
    with store.write() as conn:
        exchanges.record_reply(conn, replied(1, body=b"words"), Sealer.open(home))
        assert conn.scalar(select(tables.reply.c.body)) == b""
