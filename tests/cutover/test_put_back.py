"""A store that was put back is one until it is settled, whoever looks."""

from cutover import put_back


def pending(store):
    with store.read() as conn:
        return put_back.pending(conn)


def test_it_is_pending_from_when_it_was_found_until_it_is_settled(store):
    assert not pending(store)
    for at_us in (1, 3):
        with store.write() as conn:
            put_back.note(conn, 2, 5, at_us)
        assert pending(store)
        with store.write() as conn:
            put_back.settle(conn, ["clinic/chat"], [], at_us + 1)
        assert not pending(store)
