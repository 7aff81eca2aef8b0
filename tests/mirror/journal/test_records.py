import pytest
from builders import accepted, replied
from sqlalchemy import insert, update

from mirror.exchange import Outcome
from mirror.journal import events, locked, records, tables
from mirror.journal.seal import ERASED


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({}, ["shadow"]),
        ({"reask": True}, ["shadow", "reask"]),
        ({"reason": "client_abort", "reask": True}, []),
        ({"outcome": Outcome.UNSAMPLED}, []),
    ],
)
def test_what_will_be_compared_is_due_at_once(changes, kinds):
    due = records.due(accepted(1, **changes))
    assert [one["kind"] for one in due] == kinds
    assert {one["due_us"] for one in due} <= {accepted(1).accepted_us}


def test_rows_hold_what_is_sealed_and_of_an_erased_exchange_the_commitment_alone(store, sealer):
    with store.write() as conn:
        row = records.sealed_row(conn, accepted(1, body=b"words"), sealer)
        conn.execute(insert(tables.exchange).values(row))
        found = locked.find(conn, "e000001")
        answer, commitment = records.answer_row(conn, found, replied(1, body=b"said"), sealer)
        assert sealer.reveal(row["body"], "e000001/request", conn) == b"words"
        assert sealer.reveal(answer["body"], "e000001/served", conn) == b"said"
        assert sealer.commitment(answer["body"], "e000001/served", conn) == commitment
        conn.execute(update(tables.exchange).values(purged_us=1))
        found = locked.find(conn, "e000001")
        answer, commitment = records.answer_row(conn, found, replied(1, body=b"said"), sealer)
    assert answer["body"] == ERASED and len(commitment) == 64


def test_a_reply_is_an_event_and_another_that_answered_is_seen(store, sealer):
    with store.write() as conn:
        conn.execute(
            insert(tables.exchange).values(records.sealed_row(conn, accepted(1), sealer))
        )
        found = locked.find(conn, "e000001")
        records.report(conn, found, replied(1, other="another model"), "c" * 64)
        types = [event.type for event in events.read(conn, "clinic")]
    assert types == ["request.served", "candidate.served_by_other"]
