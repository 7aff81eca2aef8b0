"""Incidents in the store: kept for good, open until closed, told to each tenant in its own words."""

import json

import pytest
from builders import accepted
from rollouts import ERIK, START_US
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from cutover.emergency import incidents
from cutover.people import Deed
from mirror.journal import events, exchanges, tables
from mirror.journal.seal import Sealer
from policies.policy import Target

OWN = Target(upstream="gpu", model="own")
KEY, OTHER = ("clinic", "chat"), ("ward", "reason")
DEED = Deed(ERIK.actor, START_US, "a dose of Mrs Tan")


@pytest.fixture
def exchange(store, home):
    """The id of an exchange in the store."""
    accept = accepted(1, tenant="clinic")
    with store.write() as conn:
        exchanges.record_accept(conn, accept, Sealer.open(home))
    return accept.id


@pytest.fixture
def open_one(store, exchange):
    with store.write() as conn:
        return incidents.report(conn, exchange, KEY, OWN, DEED)


def test_it_is_open_until_it_is_closed_and_closed_once(store, open_one):
    with store.write() as conn:
        assert incidents.unclosed(conn) == (open_one,)
        assert incidents.find(conn, open_one.id) == open_one
        assert incidents.close(conn, open_one, Deed(ERIK.actor, START_US + 9, "found"))
        assert not incidents.close(conn, open_one, Deed(ERIK.actor, START_US + 9, "again"))
        assert incidents.unclosed(conn) == ()
        (closed,) = incidents.every(conn)
        assert incidents.find(conn, 99) is None
    assert (closed.closed_by, closed.closed_reason, closed.closed_us) == (
        "erik",
        "found",
        START_US + 9,
    )


def test_its_exchange_is_kept_open_or_closed(store, open_one, exchange):
    def remove():
        with store.write() as conn:
            conn.execute(delete(tables.exchange).where(tables.exchange.c.id == exchange))

    with pytest.raises(IntegrityError):
        remove()
    with store.write() as conn:
        incidents.close(conn, open_one, DEED)
        assert incidents.pinned(conn, [exchange, "another"]) == {exchange}
    with pytest.raises(IntegrityError):
        remove()


@pytest.mark.parametrize(
    ("key", "candidate", "held"),
    [
        (KEY, OWN, True),
        (KEY, Target(upstream="gpu", model="newer"), True),
        (KEY, None, True),
        (OTHER, OWN, True),
        (OTHER, Target(upstream="gpu", model="newer"), False),
        (OTHER, Target(upstream="gpu-2", model="own"), False),
        (OTHER, None, False),
    ],
)
def test_it_holds_its_own_rollout_and_all_with_its_candidate(open_one, key, candidate, held):
    assert open_one.holds(key, candidate) is held


def test_of_a_rollout_that_is_gone_it_holds_no_other(store, exchange):
    with store.write() as conn:
        found = incidents.report(conn, exchange, KEY, None, DEED)
    assert found.holds(KEY, OWN)
    assert not found.holds(OTHER, Target.model_construct(upstream="", model=""))


def test_what_was_said_of_a_patient_stays_with_the_tenant(store, open_one):
    assert open_one.sentence(KEY).endswith("is closed: a dose of Mrs Tan")
    assert "Mrs Tan" not in open_one.sentence(OTHER)
    with store.write() as conn:
        incidents.tell(conn, open_one, [KEY, OTHER], DEED)
        own, others = (
            json.loads(events.read(conn, tenant)[-1].body) for tenant in ("clinic", "ward")
        )
    assert (own["type"], own["reason"], own["details"]["held"]) == (
        "incident.reported",
        DEED.reason,
        2,
    )
    assert (others["type"], others["object"]["id"]) == ("incident.holding", "ward/reason")
    assert others["reason"] == "" and open_one.exchange_id not in json.dumps(others)
