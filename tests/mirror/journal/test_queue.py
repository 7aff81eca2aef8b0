import threading

import pytest
from builders import accepted

from mirror.exchange import Outcome
from mirror.journal import exchanges, queue
from mirror.journal.queue import Kind

NOW, LEASE = 1_000, 100


@pytest.fixture
def waiting(store, sealer):
    """Five exchanges whose scoring is due at 1 to 5."""
    with store.write() as conn:
        for n in range(1, 6):
            exchanges.record_accept(conn, accepted(n, outcome=Outcome.UNSAMPLED), sealer)
            queue.enqueue(conn, Kind.SCORE, f"e{n:06}", n)
    return store


def claim(store, owner="me", now=NOW, limit=10):
    with store.write() as conn:
        return queue.claim(conn, Kind.SCORE, owner, now, LEASE, limit)


def ids(claims):
    return [int(claim.exchange_id[1:]) for claim in claims]


def test_the_oldest_work_is_claimed_first_and_once(waiting):
    assert ids(claim(waiting, limit=2)) == [1, 2]
    assert ids(claim(waiting)) == [3, 4, 5]
    assert claim(waiting) == []


def test_work_is_not_claimed_before_it_is_due(waiting):
    assert ids(claim(waiting, now=3)) == [1, 2, 3]


def test_work_of_another_kind_is_left(waiting):
    with waiting.write() as conn:
        assert queue.claim(conn, Kind.SHADOW, "me", NOW, LEASE, 5) == []
        assert queue.is_due(conn, [Kind.SCORE, Kind.SHADOW], NOW)
        assert not queue.is_due(conn, [Kind.SHADOW], NOW)


def test_a_lease_that_ran_out_is_claimed_again_with_one_attempt_more(waiting):
    (first, *_) = claim(waiting, "dead")
    assert first.attempts == 1
    assert claim(waiting, "next", now=NOW + LEASE - 1) == []
    (again, *_) = claim(waiting, "next", now=NOW + LEASE)
    assert (again.exchange_id, again.attempts, again.owner) == (first.exchange_id, 2, "next")
    with waiting.write() as conn:
        assert not queue.finish(conn, first)
        assert not queue.put_back(conn, first, NOW)
        assert queue.finish(conn, again)


def test_a_renewed_lease_is_kept(waiting):
    claim(waiting, limit=2)
    with waiting.write() as conn:
        assert queue.renew(conn, "me", Kind.SCORE, NOW + 10 * LEASE) == 2
        assert queue.renew(conn, "other", Kind.SCORE, NOW + 10 * LEASE) == 0
    assert ids(claim(waiting, now=NOW + LEASE)) == [3, 4, 5]


@pytest.mark.parametrize("store_on", ["postgresql"])  # SQLite has one writer at a time
def test_renewing_waits_for_nothing_that_is_being_ended(waiting):
    one, *_ = claim(waiting, limit=3)
    with waiting.write() as ending:
        assert queue.finish(ending, one)
        with waiting.write() as conn:
            conn.exec_driver_sql("SET LOCAL lock_timeout = '2s'")  # else it would wait for ever
            assert queue.renew(conn, "me", Kind.SCORE, NOW + 10 * LEASE) == 2


def test_finished_work_is_gone_and_put_back_work_comes_again(waiting):
    one, two, *_ = claim(waiting)
    with waiting.write() as conn:
        assert queue.finish(conn, one)
        assert queue.put_back(conn, two, NOW + 1)
        assert queue.backlog(conn, Kind.SCORE) == 4
        assert not queue.is_due(conn, [Kind.SCORE], NOW)
    assert claim(waiting) == []
    assert ids(claim(waiting, now=NOW + 1)) == [2]


def test_an_exchange_has_one_piece_of_work_of_a_kind(waiting):
    with waiting.write() as conn:
        queue.enqueue(conn, Kind.SCORE, "e000001", 9)
        queue.enqueue(conn, Kind.SHADOW, "e000001", 9)
        assert queue.backlog(conn, Kind.SCORE) == 5
        queue.remove(conn, "e000001")
        assert queue.backlog(conn, Kind.SCORE) == 4
        assert queue.backlog(conn, Kind.SHADOW) == 0


def test_claimers_at_once_never_share_work(store, sealer):
    with store.write() as conn:
        for n in range(60):
            exchanges.record_accept(conn, accepted(n), sealer)
    taken, start = [], threading.Barrier(4)

    def work(name):
        start.wait()
        while True:
            with store.write() as conn:
                claims = queue.claim(conn, Kind.SHADOW, name, 2 * 10**15, LEASE, 3)
            if not claims:
                return
            taken.extend(claims)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids(taken)) == list(range(60))


def test_a_claim_that_is_withdrawn_was_never_made(waiting):
    (one,) = claim(waiting, limit=1)
    with waiting.write() as conn:
        assert queue.withdraw(conn, one)
        assert not queue.withdraw(conn, one)
    (again,) = claim(waiting, "next", limit=1)
    assert (again.id, again.attempts) == (
        one.id,
        1,
    )  # in its old place, and no attempt is spent


def test_due_work_is_told_in_pages_with_where_it_belongs(waiting):
    claim(waiting, limit=1)
    with waiting.read() as conn:
        first = queue.due(conn, Kind.SCORE, NOW, 2)
        rest = queue.due(conn, Kind.SCORE, 4, 9, first[-1])
    assert [(one.id, one.tenant, one.route, one.serving) for one in first + rest] == [
        (n, "clinic", "chat", "primary") for n in (2, 3, 4)
    ]


def test_of_what_was_picked_only_what_nobody_took_meanwhile_is_claimed(waiting):
    with waiting.read() as conn:
        picked = [one.id for one in queue.due(conn, Kind.SCORE, NOW, 9)]
    claim(waiting, "quicker", limit=2)
    with waiting.write() as conn:
        assert ids(queue.claim_these(conn, picked, "me", NOW, LEASE)) == [3, 4, 5]
        assert queue.claim_these(conn, [], "me", NOW, LEASE) == []
