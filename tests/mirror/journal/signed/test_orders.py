"""What people order of the signer is obeyed once, or answered with why not."""

from dataclasses import replace

import pytest
from signed_logs import START_US
from sqlalchemy import delete

from mirror.journal.signed.keyring import Order
from mirror.journal.signed.orders import Desk, give
from mirror.journal.tables import event

PERSON = Order({"kind": "human", "name": "aminah"}, "I looked at it", START_US)


@pytest.mark.parametrize(
    ("kind", "more", "why"),
    [
        ("resume", {"tenant": "clinic"}, "refuses no log of that name"),
        ("resume", {}, "no order that a signer knows"),
        ("dance", {}, "no order that a signer knows"),
        ("revoke", {"key_id": "00000000"}, "no key 00000000"),
        ("rotate", {"reason": ""}, "who gives it, and why"),
        ("rotate", {"actor": "me"}, "who gives it, and why"),
    ],
)
def test_what_cannot_be_done_is_answered(logs, kind, more, why):
    logs.step()
    name = give(logs.folder, kind, PERSON, **more)
    logs.step(0)
    assert why in (logs.folder.path / "signed" / f"{name}.refused").read_text()
    assert list((logs.folder.path / "orders").iterdir()) == []


def test_what_is_done_is_answered_and_done_once(logs):
    logs.step()
    name = give(logs.folder, "rotate", PERSON)
    logs.step(0)
    key = logs.signer.key.id.hex()
    assert (logs.folder.path / "signed" / f"{name}.done").read_text() == (
        f"key {key} signs from now on\n"
    )
    logs.step(0)
    assert logs.signer.key.id.hex() == key
    name = give(logs.folder, "revoke", PERSON, key_id=key)
    logs.step(0)
    assert "signs now" in (logs.folder.path / "signed" / f"{name}.refused").read_text()


def test_an_order_that_the_store_was_not_told_of_is_told_when_it_comes_again(logs):
    logs.append(count=3)
    logs.step()
    with logs.store.write() as conn:
        conn.execute(delete(event).where(event.c.tenant == "clinic"))
    logs.step()
    assert list(logs.refusals()) == ["clinic"]
    state = logs.signer.state  # the folder knows, and the store failed at that moment
    state.logs["clinic"] = replace(state.logs["clinic"], refused="")
    desk = Desk(logs.folder, logs.store, state, logs.signer.key)
    name = give(logs.folder, "resume", PERSON, tenant="clinic")
    desk.obey(START_US)
    assert "told of it now" in (logs.folder.path / "signed" / f"{name}.done").read_text()
    assert not logs.refusals()
    assert len(logs.events(type="signer.resumed")) == 1
