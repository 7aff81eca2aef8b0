"""The signer's keys: one signs at a time, and who comes after is named by who was before."""

import base64
import json

import pytest
from signed_logs import START_US
from sqlalchemy import delete

from mirror.journal.signed import heads, keyring
from mirror.journal.signed import tables as signed_tables
from mirror.journal.signed.keyring import Order, signed_by_us
from mirror.journal.signed.note import parse
from mirror.journal.signed.orders import give
from mirror.journal.signed.signing import SignerError, is_signed

PERSON = Order({"kind": "human", "name": "aminah"}, "a custodian left", START_US + 5)


def keys(logs):
    with logs.store.read() as conn:
        return heads.keys(conn)


def rotate(logs):
    logs.clock.go(10)
    give(logs.folder, "rotate", PERSON)
    logs.step(0)


def test_a_first_key_is_drawn_and_told(logs):
    logs.step()
    (key,) = keys(logs)
    assert (key.public, key.until_us, key.statement) == (logs.signer.key.public.hex(), 0, "")
    (told,) = logs.events(type="signer.key_drawn")
    assert json.loads(told.body)["object"] == {"kind": "signing_key", "id": key.key_id}
    logs.restart()
    assert keys(logs) == [key]


def test_a_new_key_is_named_by_the_old_and_by_itself(logs):
    logs.append()
    logs.step()
    before = logs.signer.key
    rotate(logs)
    old, new = keys(logs)
    note = parse(new.statement)
    assert all(is_signed(note, one.name, bytes.fromhex(one.public)) for one in (old, new))
    assert note.text.splitlines() == [
        f"{old.name}/rotation",
        *(
            f"{one.key_id} {base64.b64encode(bytes.fromhex(one.public)).decode()}"
            for one in (old, new)
        ),
    ]
    assert (old.until_us, new.until_us) == (new.since_us, 0)
    assert logs.signer.key.public.hex() == new.public != before.public.hex()
    assert not logs.folder.next_key.exists()
    logs.append()
    logs.step()
    with logs.store.read() as conn:
        first, second = heads.checkpoints(conn, "clinic")
    assert is_signed(parse(first.note), before.name, before.public)
    assert is_signed(parse(second.note), new.name, bytes.fromhex(new.public))
    logs.restart()


def test_an_exchange_that_was_killed_half_way_is_finished_at_the_next_start(logs, monkeypatch):
    logs.step()
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            keyring.rotated(
                logs.folder, logs.store, logs.signer.key, logs.signer.state.deployment, PERSON
            )
    assert logs.folder.next_key.exists()
    logs.restart()
    assert logs.signer.key.id.hex() == keys(logs)[-1].key_id
    assert not logs.folder.next_key.exists()


def test_a_key_that_vanished_or_is_not_the_deployments_is_told(logs):
    logs.step()
    seed = logs.folder.key.read_bytes()
    logs.folder.key.unlink()
    with pytest.raises(SignerError, match="restore it from its backup"):
        logs.restart()
    logs.folder.key.write_bytes(bytes(32))
    logs.folder.key.chmod(0o600)
    with pytest.raises(SignerError, match="the store names another key"):
        logs.restart()
    logs.folder.key.write_bytes(seed)
    logs.restart()


def test_a_lost_key_is_replaced_by_one_that_names_itself_alone(logs):
    logs.append()
    logs.step()
    deployment, old = logs.signer.state.deployment, logs.signer.key
    logs.folder.key.unlink()
    keyring.rotated(logs.folder, logs.store, None, deployment, PERSON)
    new = logs.restart().key
    statement = parse(keys(logs)[-1].statement)
    assert is_signed(statement, new.name, new.public)
    assert not is_signed(statement, old.name, old.public)
    (told,) = logs.events(type="signer.key_rotated")
    assert json.loads(told.body)["details"]["lost"] is True


def test_a_key_that_signs_no_more_can_be_revoked_and_no_other(logs):
    logs.step()
    old = logs.signer.key
    for key_id, why in ((old.id.hex(), "signs now"), ("00000000", "no key 00000000")):
        with logs.store.write() as conn, pytest.raises(SignerError, match=why):
            keyring.revoked(conn, key_id, PERSON)
    rotate(logs)
    note = old.sign("words\n")
    with logs.store.write() as conn:
        assert signed_by_us(conn, note) is not None
        keyring.revoked(conn, old.id.hex(), PERSON)
        keyring.revoked(conn, old.id.hex(), PERSON)
        assert signed_by_us(conn, note) is None
        assert signed_by_us(conn, "no note") is None
    assert [one.revoked_us for one in keys(logs)] == [PERSON.at_us, 0]
    assert len(logs.events(type="signer.key_revoked")) == 1


def test_a_store_that_forgot_the_key_is_told_of_it_again(logs):
    logs.step()
    with logs.store.write() as conn:
        conn.execute(delete(signed_tables.signing_key))
    logs.restart()
    assert [one.public for one in keys(logs)] == [logs.signer.key.public.hex()]
