"""What no log can show of itself."""

import pytest
from sqlalchemy import delete, update

from mirror.journal import tables
from mirror.journal.signed import belonging, heads
from mirror.journal.signed import tables as signed_tables
from mirror.journal.signed.folder import State
from mirror.journal.signed.signing import SigningKey


@pytest.fixture
def signed(logs):
    logs.append(count=5)
    logs.step(3700)
    logs.step()
    return logs


def found(logs, of, *more):
    counts = {"clinic": len(logs.leaves()), "": len(logs.leaves(""))}
    counts = {tenant: count for tenant, count in counts.items() if count}
    given = [*more, counts] if of is not belonging.key_told else more
    with logs.store.read() as conn:
        return [str(one) for one in of(conn, *given)]


def test_whole_logs_are_all_there(signed):
    state = signed.signer.state
    assert found(signed, belonging.missing) == []
    assert found(signed, belonging.remembered, state) == []
    assert found(signed, belonging.key_told, signed.signer.key, state) == []
    assert found(signed, belonging.key_told, None, State()) == []


def test_a_log_that_is_gone_or_shorter_or_another_is_named(signed):
    state, event = signed.signer.state, tables.event
    clinics = event.c.tenant == "clinic"
    with signed.store.write() as conn:
        conn.execute(update(event).where(clinics, event.c.seq == 5).values(leaf="ab" * 32))
    (told,) = found(signed, belonging.missing)
    assert "the deployment's own log has another root of the first 5 events" in told
    (told,) = found(signed, belonging.remembered, state)
    assert "the signer remembers another root" in told
    with signed.store.write() as conn:
        conn.execute(delete(event).where(clinics, event.c.seq == 5))
    (told,) = found(signed, belonging.missing)
    assert (
        "event 5: missing: the deployment's own log has a head of 5 events, and 4 are" in told
    )
    with signed.store.write() as conn:
        conn.execute(delete(event).where(clinics))
    (told,) = found(signed, belonging.missing)
    assert "missing, with its whole log" in told
    with signed.store.write() as conn:
        conn.execute(delete(signed_tables.log_checkpoint))
    (told,) = found(signed, belonging.missing)
    assert "and 0 are whole" in told


def test_another_key_or_deployment_is_named(signed):
    other = SigningKey.of(signed.signer.key.name, bytes(32))
    assert found(signed, belonging.key_told, other, State("0" * 16)) == [
        "the deployment's own log, event 1: the key that signs is not the one in the signer's folder",
        "the deployment's own log, event 1: the signer's folder is of another deployment than the store",
    ]


def test_a_key_that_somebody_put_into_the_list_is_named(signed):
    with signed.store.read() as conn:
        assert list(belonging.keys_told(conn)) == []
    own = SigningKey.of(signed.signer.key.name, b"\x05" * 32)
    with signed.store.write() as conn:
        heads.add_key(conn, heads.Key(own.id.hex(), own.name, own.public.hex(), 1, until_us=2))
    with signed.store.read() as conn:
        (said,) = belonging.keys_told(conn)
    assert f"the store lists key {own.id.hex()}, of which no event tells" in str(said)
