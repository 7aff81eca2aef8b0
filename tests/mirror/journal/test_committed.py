"""Payloads are held against what events committed to: short ones, long ones, erased ones."""

import pytest
from builders import accepted, replied
from sqlalchemy import delete, update

from mirror.exchange import Leg
from mirror.journal import exchanges
from mirror.journal.chain import checked
from mirror.journal.committed import Payloads
from mirror.journal.seal import ERASED, Sealer
from mirror.journal.tables import exchange, reply

LONG = b"long " * 50_000


@pytest.fixture
def sealer(home):
    return Sealer.open(home)


@pytest.fixture
def kept(store, sealer):
    """A short answer and a long one, of two exchanges with short requests."""
    with store.write() as conn:
        for number, body in ((1, b"short"), (2, LONG)):
            exchanges.record_accept(conn, accepted(number), sealer)
            exchanges.record_reply(conn, replied(number, Leg.SERVED, body=body), sealer)
    return [accepted(number).id for number in (1, 2)]


def found(store, sealer):
    with store.read() as conn:
        payloads = Payloads(conn, sealer)
        *_, last = checked(conn, "clinic", [payloads.add])
        return payloads, str(last)


def change(store, statement):
    with store.write() as conn:
        conn.execute(statement)


def test_what_is_kept_is_what_was_committed_to(store, sealer, kept):
    payloads, _ = found(store, sealer)
    assert (payloads.same, payloads.erased) == (4, 0)


def test_what_is_erased_or_kept_no_longer_is_counted_and_is_no_fault(store, sealer, kept):
    change(store, update(reply).where(reply.c.exchange_id == kept[0]).values(body=ERASED))
    change(store, delete(reply).where(reply.c.exchange_id == kept[1]))
    payloads, last = found(store, sealer)
    assert (payloads.same, payloads.erased) == (2, 2)
    assert last.isdigit()


def test_another_payload_in_its_place_is_found_though_its_seal_is_good(store, sealer, kept):
    other = sealer.keep(b"another answer", f"{kept[0]}/served")
    change(store, update(reply).where(reply.c.exchange_id == kept[0]).values(body=other.column))
    assert "its payload is not the one it committed to" in found(store, sealer)[1]


def test_another_request_in_its_place_is_found_and_an_erased_one_is_no_fault(
    store, sealer, kept
):
    at = exchange.c.id == kept[0]
    change(store, update(exchange).where(at).values(body=ERASED))
    assert found(store, sealer)[1].isdigit()
    other = sealer.keep(b"another question", f"{kept[0]}/request")
    change(store, update(exchange).where(at).values(body=other.column))
    assert "its request's payload is not the one it committed to" in found(store, sealer)[1]


def test_one_that_cannot_be_opened_is_found(store, sealer, kept, home):
    for file in home.blobs.rglob("*"):
        if file.is_file():
            file.unlink()
    assert "its payload cannot be opened" in found(store, sealer)[1]


def test_a_key_that_is_missing_is_told_with_what_it_sealed_and_the_rest_is_looked_at(
    store, sealer, kept, home
):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(3, tenant="other"), sealer)
        exchanges.record_reply(conn, replied(3, Leg.SERVED, body=b"of another"), sealer)
    (gone,) = (home.keys / "tenants" / "clinic").glob("0*.key")
    gone.unlink()
    with store.read() as conn:
        payloads = Payloads(conn, Sealer.open(home))
        ends = [[*checked(conn, tenant, [payloads.add])][-1] for tenant in ("clinic", "other")]
    assert ends == [2, 1], "no event is broken by it"
    assert payloads.same == 2
    (((tenant, why), many),) = payloads.closed.items()
    assert (tenant, many) == ("clinic", 4)
    assert f"{gone}: this key is gone" in why
