from builders import accepted
from sqlalchemy import select

from mirror.exchange import Outcome
from mirror.journal import exchanges, locked, tables
from mirror.journal.store import StoreError


def test_an_exchange_is_found_as_it_stands_and_none_where_there_is_none(store, sealer):
    accept = accepted(1, outcome=Outcome.UNSAMPLED, reason="share")
    with store.write() as conn:
        assert locked.find(conn, accept.id) is None
        exchanges.record_accept(conn, accept, sealer)
        found = locked.find(conn, accept.id)
    assert found is not None
    assert (found.tenant, found.route, found.stage) == (
        accept.tenant,
        accept.route,
        accept.stage,
    )
    assert (found.outcome, found.reason, found.purged_us) == ("unsampled", "share", None)
    assert found.accepted_us == accept.accepted_us and len(found.commitment) == 64


def test_all_of_many_are_had_and_those_that_the_store_does_not_know_hold_up_nobody(
    store, sealer
):
    with store.write() as conn:
        for number in (1, 2):
            exchanges.record_accept(conn, accepted(number), sealer)
    with store.write() as conn:
        locked.lock_all(conn, set())
        locked.lock_all(conn, {"e000002", "e000001", "nobody's"})
        assert is_taken(store) == store.shared


def test_many_are_found_at_once_and_had(store, sealer):
    with store.write() as conn:
        for number in (1, 2, 3):
            exchanges.record_accept(conn, accepted(number), sealer)
    with store.write() as conn:
        assert locked.find_all(conn, []) == {}
        found = locked.find_all(conn, {"e000002", "e000001", "nobody's"})
        assert found == {id: locked.find(conn, id) for id in ("e000001", "e000002")}
        assert is_taken(store) == store.shared


def is_taken(store):
    if not store.shared:
        return False  # one writes at a time there
    try:
        with store.write() as other:
            other.execute(select(tables.exchange).with_for_update(nowait=True))
    except StoreError:
        return True
    return False
