import pytest
from builders import accepted, two_sided
from row_locks import free_at_the_first_change

from mirror import backlog
from mirror.journal import exchanges, queue
from mirror.journal.queue import Kind
from mirror.journal.seal import Sealer

NOWHERE = "http://127.0.0.1:9/v1"
NOW = 2 * 10**15


@pytest.fixture
def waiting(store, home):
    """Ten shadows of clinic wait, and one of another tenant."""
    sealer = Sealer.open(home)
    with store.write() as conn:
        for n in range(10):
            exchanges.record_accept(conn, accepted(n, reask=True, stage="canary"), sealer)
        exchanges.record_accept(conn, accepted(99, tenant="dental", stage="canary"), sealer)
    return store


def test_limits_are_those_of_each_rollouts_terms():
    policy = two_sided(NOWHERE, NOWHERE, terms={"sampling": {"max_backlog": 7}})
    assert backlog.limits(policy) == {("clinic", "chat"): 7, ("hospital", "chat"): 7}


def test_only_what_is_over_its_limit_counts(waiting):
    with waiting.read() as conn:
        assert backlog.excess(conn, {("clinic", "chat"): 7, ("dental", "chat"): 7}) == {
            ("clinic", "chat"): 3
        }
        assert backlog.excess(conn, {("clinic", "chat"): 10}) == {}
        assert backlog.excess(conn, {}) == {}


def test_the_newest_are_shed_with_all_their_work(waiting):
    with waiting.write() as conn:
        assert backlog.shed(conn, "clinic", "chat", 3, NOW) == 3
        assert queue.backlog(conn, Kind.SHADOW) == 8
        assert queue.backlog(conn, Kind.REASK) == 7
        left = queue.claim(conn, Kind.SHADOW, "me", NOW, 1, 20)
        assert [int(claim.exchange_id[1:]) for claim in left] == [*range(7), 99]
        found = exchanges.ledger(conn)
    assert found["clinic", "chat"].reasons == {"shed: backlog": 3}
    assert found["clinic", "chat"].pending == 7
    assert found["dental", "chat"].pending == 1


@pytest.mark.parametrize("store_on", ["postgresql"], indirect=True)
def test_who_sheds_has_all_exchanges_before_it_changes_one(waiting):
    """Else it would wait for the drainer, which takes the oldest first and waits for one of these."""
    with free_at_the_first_change(waiting) as free, waiting.write() as conn:
        assert backlog.shed(conn, "clinic", "chat", 3, NOW) == 3
    assert free == [accepted(n).id for n in (*range(7), 99)]


def test_what_is_being_sent_is_not_shed(waiting):
    with waiting.write() as conn:
        queue.claim(conn, Kind.SHADOW, "me", NOW, 1, 9)
        assert backlog.shed(conn, "clinic", "chat", 5, NOW) == 1


def test_all_work_is_told_by_rollout_and_kind_with_the_age_of_its_oldest(waiting):
    with waiting.write() as conn:
        queue.claim(conn, Kind.SHADOW, "me", NOW, 100, 3)  # what is being done waits too
        found = backlog.waiting(conn)
    oldest = [accepted(n).accepted_us for n in (0, 99)]
    assert [(one.tenant, one.kind, one.count, one.oldest_us) for one in found] == [
        ("clinic", "reask", 10, oldest[0]),
        ("clinic", "shadow", 10, oldest[0]),
        ("dental", "shadow", 1, oldest[1]),
    ]


def test_what_was_shed_is_counted_by_rollout_and_reason(waiting):
    with waiting.write() as conn:
        assert backlog.shed_so_far(conn) == {}
        backlog.shed(conn, "clinic", "chat", 3, NOW)
        backlog.shed(conn, "dental", "chat", 9, NOW)
        assert backlog.shed_so_far(conn) == {
            ("clinic", "chat", "backlog"): 3,
            ("dental", "chat", "backlog"): 1,
        }
