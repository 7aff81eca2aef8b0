"""Whether an event log is whole."""

import dataclasses
import json

import pytest
from sqlalchemy import delete, update

from mirror.journal import chain as chains
from mirror.journal import events, tables
from mirror.journal.chain import Broken, Link, checked, tenants
from mirror.journal.events import Event, append, canonical, leaf_hash, read
from mirror.journal.store import Store

FIVE = 5


@pytest.fixture
def store(home):
    store = Store.open(home.store_url)
    with store.write() as conn:
        for tenant in ("", "clinic"):
            for number in range(FIVE):
                append(
                    conn,
                    tenant=tenant,
                    type="hold.placed",
                    actor={"kind": "human", "name": "aminah"},
                    object={"kind": "rollout", "id": "clinic/chat"},
                    at_us=1_700_000_000_000_000 + number,
                    reason="monsoon",
                )
    yield store
    store.close()


@pytest.fixture
def chain(store):
    with store.read() as conn:
        return read(conn, "clinic")


def test_a_whole_chain_has_no_fault_nor_have_its_pieces(chain):
    assert Link("clinic").follow(chain) is None
    assert Link("clinic").follow(chain[:2]) is None
    assert Link("clinic", 2, chain[1].leaf).follow(chain[2:]) is None
    assert Link("clinic").follow([]) is None


@pytest.mark.parametrize("column", [f.name for f in dataclasses.fields(Event)])
def test_a_change_of_any_column_of_any_row_is_found(chain, column):
    for at, row in enumerate(chain):
        value = getattr(row, column)
        other = value + 1 if isinstance(value, int) else value[:-1] + "xy"[value[-1] == "x"]
        changed = dataclasses.replace(row, **{column: other})
        assert Link("clinic").follow([*chain[:at], changed, *chain[at + 1 :]]) is not None


def test_a_row_that_is_missing_swapped_or_repeated_is_found(chain):
    for at in range(4):
        before, one, other, after = chain[:at], chain[at], chain[at + 1], chain[at + 2 :]
        assert Link("clinic").follow([*before, other, *after]) is not None
        assert Link("clinic").follow([*before, one, one, other, *after]) is not None
        assert Link("clinic").follow([*before, other, one, *after]) is not None


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("not json", "not an event"),
        ("{}", "not an event"),
        ('{"a": 1}', "not in canonical form"),
    ],
)
def test_a_body_with_a_hash_of_its_own_is_still_looked_at(chain, body, told):
    forged = dataclasses.replace(chain[0], body=body, leaf=leaf_hash(body))
    assert told in str(Link("clinic").follow([forged]))


def test_a_forged_event_breaks_the_link_of_the_next(chain):
    said = json.loads(chain[1].body) | {"reason": "another"}
    body = canonical(said)
    chain[1] = dataclasses.replace(chain[1], body=body, leaf=leaf_hash(body))
    assert "event 3: it does not follow" in str(Link("clinic").follow(chain))


def test_what_is_missing_is_a_gap_and_what_was_changed_is_not(chain):
    assert Link("clinic").follow(chain[1:]) == Broken("clinic", 1, "missing", gap=True)
    told = Link("clinic").follow([chain[0], *chain[3:]])
    assert (told.gap, str(told)) == (True, "tenant clinic, event 2: missing, and all up to 3")
    renumbered = dataclasses.replace(chain[1], seq=9)
    assert Link("clinic").follow([chain[0], renumbered]).gap is False
    repeated = Link("clinic").follow([chain[0], chain[0]])
    assert (repeated.gap, repeated.seq) == (False, 2)


def test_every_log_of_a_store_is_checked_in_pieces(store, monkeypatch):
    pieces = events.read
    monkeypatch.setattr(chains.events, "read", lambda *told, after: pieces(*told, after, 2))
    with store.write() as conn:
        assert tenants(conn) == ["", "clinic"]
        assert list(checked(conn, "clinic")) == [2, 4, 5]
        last = (tables.event.c.tenant == "clinic") & (tables.event.c.seq == FIVE)
        conn.execute(update(tables.event).where(last).values(at_us=1))
        *_, before, found = checked(conn, "clinic")
        assert (before, found.seq, found.gap) == (4, 5, False)
        conn.execute(delete(tables.event).where(tables.event.c.seq == 1))
        (found,) = checked(conn, "")
        assert str(found) == "the deployment's own log, event 1: missing"
