"""Until when keys were good, by the store's list and by the log; and where one of the two is silent."""

import pytest
from sqlalchemy import delete, update

from mirror.journal.signed import orders
from mirror.journal.signed import tables as signed_tables
from mirror.journal.signed.ends import Ends
from mirror.journal.signed.keyring import Order
from mirror.journal.signed.note import KEY_GRACE_US, parse

KEYS = signed_tables.signing_key
MINUTE_US = 60_000_000


@pytest.fixture
def stolen(logs):
    """Logs whose first key was exchanged and revoked; gives that key with them."""
    logs.append(count=3)
    logs.step()
    old = logs.signer.key
    done(logs, "rotate")
    done(logs, "revoke", key_id=old.id.hex())
    return logs, old


def done(logs, kind, **more):
    orders.give(
        logs.folder, kind, Order({"kind": "human", "name": "aminah"}, "a theft", 0), **more
    )
    logs.step(5)


def read(logs):
    with logs.store.read() as conn:
        return Ends.read(conn)


def change(logs, statement):
    with logs.store.write() as conn:
        conn.execute(statement)


def told(logs):
    return [f"{one}" for one in read(logs).unlike()]


def test_the_list_and_the_log_say_the_same_of_every_key(stolen):
    logs, old = stolen
    ends = read(logs)
    assert [one.key_id for one in ends.keys] == [old.id.hex(), logs.signer.key.id.hex()]
    assert ends.begun.keys() == {one.key_id for one in ends.keys}
    assert ends.ended.keys() == ends.revoked.keys() == {old.id.hex()}
    assert told(logs) == []


def test_what_a_key_cannot_have_signed_is_told_by_its_end(stolen):
    logs, old = stolen
    ends = read(logs)
    signers = ends.signers(parse(old.sign("x\n")))
    ended_us = ends.ended[old.id.hex()].at_us
    assert ends.fault(signers, "clinic", 3, ended_us + KEY_GRACE_US - 1) == ""
    assert "revoked" in ends.fault(signers, "clinic", 3, ended_us + KEY_GRACE_US)
    new = ends.signers(parse(logs.signer.key.sign("x\n")))
    assert ends.fault([*signers, *new], "clinic", 3, ended_us + KEY_GRACE_US) == ""
    assert ends.fault([], "clinic", 3, 0) == ""


def test_in_the_log_that_tells_of_its_end_no_clock_is_asked(stolen):
    logs, old = stolen
    ends = read(logs)
    signers = ends.signers(parse(old.sign("x\n")))
    seq = ends.ended[old.id.hex()].seq
    assert ends.fault(signers, "", seq - 1, 0) == ""
    assert f"exchanged by event {seq} of the same log" in ends.fault(signers, "", seq, 0)


def test_a_revocation_that_was_taken_out_of_the_list_is_named_and_counts_all_the_same(stolen):
    logs, old = stolen
    before = read(logs).ended[old.id.hex()].at_us + KEY_GRACE_US
    change(
        logs, update(KEYS).where(KEYS.c.key_id == old.id.hex()).values(until_us=0, revoked_us=0)
    )
    assert [one.split(": ")[1] for one in told(logs)] == [
        f"key {old.id.hex()} was {how} by this event, and the store's list of keys does not say so"
        for how in ("exchanged", "revoked")
    ]
    ends = read(logs)
    assert "revoked" in ends.fault(ends.signers(parse(old.sign("x\n"))), "clinic", 3, before)


def test_a_key_or_an_end_of_which_no_event_tells_is_named(stolen):
    logs, _ = stolen
    now = logs.signer.key.id.hex()
    change(logs, update(KEYS).where(KEYS.c.key_id == now).values(until_us=7, revoked_us=8))
    assert [one.split(": ")[1] for one in told(logs)] == [
        f"the store lists key {now} as {how}, of which no event tells"
        for how in ("exchanged", "revoked")
    ]
    change(logs, update(KEYS).where(KEYS.c.key_id == now).values(key_id="abcdef01"))
    assert "the store lists key abcdef01, of which no event tells" in " ".join(told(logs))
    change(logs, delete(KEYS).where(KEYS.c.key_id == "abcdef01"))
    assert f"the store does not list key {now}, of which this event tells" in told(logs)[0]
