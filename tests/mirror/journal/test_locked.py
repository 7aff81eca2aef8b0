from builders import accepted

from mirror.exchange import Outcome
from mirror.journal import exchanges, locked


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
