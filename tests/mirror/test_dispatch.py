import dataclasses

import pytest
from builders import accepted, replied, two_sided
from row_locks import free_at_the_first_change

from mirror import dispatch as module
from mirror.dispatch import ATTEMPTS, KEY_AGAIN_US, LEASE_US, Dispatch, now_us
from mirror.exchange import Leg, Outcome, Side
from mirror.journal import events, exchanges, queue
from mirror.journal.queue import Kind
from mirror.journal.seal import Sealer
from mirror.purse import spent_today
from mirror.route_table import RouteTable, Standing

NOWHERE = "http://127.0.0.1:9/v1"
NOW = 2 * 10**15


class Clock:
    now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def dispatch(store, home, clock):
    policy = two_sided(NOWHERE, "http://127.0.0.1:10/v1")
    forbidden = {("hospital", "cloud")}
    return Dispatch(
        policy,
        store,
        Sealer.open(home),
        lambda tenant, upstream: (tenant, upstream) not in forbidden,
        clock,
    )


def record(dispatch, *accepts):
    with dispatch.store.write() as conn:
        for accept in accepts:
            exchanges.record_accept(conn, accept, dispatch.sealer)


def reasons(dispatch, tenant="clinic", route="chat"):
    with dispatch.store.read() as conn:
        return exchanges.ledger(conn)[tenant, route].reasons


def backlog(dispatch):
    with dispatch.store.read() as conn:
        return [queue.backlog(conn, kind) for kind in Kind]


def test_the_other_side_is_sent_a_copy(dispatch):
    record(dispatch, accepted(1), accepted(2, serving=Side.CANDIDATE))
    one, two = dispatch.take(10)
    assert (one.leg, one.to.side, one.to.upstream, one.to.model) == (
        Leg.SHADOW,
        Side.CANDIDATE,
        "gpu",
        "own",
    )
    assert one.to.location == "onprem" and one.timeout_s == 120
    assert (two.to.side, two.to.upstream, two.to.model) == (Side.PRIMARY, "cloud", "big")
    assert one.accept == accepted(1)
    assert dispatch.take(10) == []


def test_a_re_ask_goes_to_the_primary(dispatch):
    record(dispatch, accepted(1, reask=True, serving=Side.CANDIDATE))
    shadow, reask = dispatch.take(10)
    assert (shadow.leg, reask.leg) == (Leg.SHADOW, Leg.REASK)
    assert reask.to.side is Side.PRIMARY


def test_no_more_is_taken_than_asked_for_and_the_oldest_first(dispatch):
    record(dispatch, *(accepted(n, reask=True) for n in range(4)))
    assert [job.accept.id for job in dispatch.take(3)] == ["e000000", "e000001", "e000002"]
    assert [job.leg for job in dispatch.take(3)] == [Leg.SHADOW, Leg.REASK, Leg.REASK]


def test_a_tenant_that_may_not_send_there_is_excluded(dispatch):
    record(dispatch, accepted(1, tenant="hospital", serving=Side.CANDIDATE))
    assert dispatch.take(10) == []
    assert reasons(dispatch, "hospital") == {"pending: no_permitted_side": 1}
    assert backlog(dispatch) == [0, 0, 0]


def refuse(dispatch, clock, reason, **changes):
    """A desk that sends nothing of exchange 1 for this reason, and has said so."""
    record(dispatch, accepted(1, reask=True, **changes))
    match reason:
        case "backlog":
            policy = two_sided(NOWHERE, NOWHERE, terms={"sampling": {"max_backlog": 1}})
            record(dispatch, accepted(0, **changes))
            assert dataclasses.replace(dispatch, policy=policy).shed() == 1
        case "drained":
            row = Standing("clinic", "chat", "live", 0, 1, "s")
            drains = {"cloud": 0, "gpu": 0}
            routes = RouteTable(1, 1, {("clinic", "chat"): row}, drains=drains)
            assert dataclasses.replace(dispatch, table=lambda: routes).take(10) == []
        case "no_permitted_side":
            shut = dataclasses.replace(dispatch, permitted=lambda tenant, upstream: False)
            assert shut.take(10) == []
        case "no_rollout":
            gone = dispatch.policy.model_copy(update={"rollouts": ()})
            assert dataclasses.replace(dispatch, policy=gone).take(10) == []
        case "shadow_lost":
            for _ in range(ATTEMPTS):
                assert dispatch.take(10)
                clock.now += LEASE_US
            assert dispatch.take(10) == []


REFUSED = {
    "backlog": "shed",
    "drained": "excluded",
    "no_permitted_side": "excluded",
    "no_rollout": "excluded",
    "shadow_lost": "failed",
}


@pytest.mark.parametrize("reason", REFUSED)
def test_without_its_copy_what_the_candidate_answered_is_looked_at_alone(
    dispatch, clock, reason
):
    refuse(dispatch, clock, reason, serving=Side.CANDIDATE, stage="live")
    assert reasons(dispatch) == {f"pending: {reason}": 1}
    served = replied(1, side=Side.CANDIDATE, upstream="gpu")
    with dispatch.store.write() as conn:
        assert queue.backlog(conn, Kind.SCORE) == 0
        exchanges.record_reply(conn, served, dispatch.sealer)
        assert queue.backlog(conn, Kind.SCORE) == 1
        assert exchanges.load(conn, "e000001", dispatch.sealer).wanted == {Leg.SERVED}


@pytest.mark.parametrize("reason", REFUSED)
def test_without_its_copy_what_the_primary_answered_is_let_go_at_once(dispatch, clock, reason):
    refuse(dispatch, clock, reason, stage="canary")
    assert reasons(dispatch) == {f"{REFUSED[reason]}: {reason}": 1}


def test_without_the_second_answer_alone_there_is_still_a_pair(dispatch):
    record(dispatch, accepted(1, reask=True))
    with dispatch.store.write() as conn:  # its copy was sent before the drain
        (claim,) = queue.claim(conn, Kind.SHADOW, "me", NOW, 1, 1)
        exchanges.record_reply(conn, replied(1, Leg.SHADOW), dispatch.sealer)
        exchanges.record_reply(conn, replied(1), dispatch.sealer)
        queue.finish(conn, claim)
    routes = RouteTable(1, 1, {}, drains={"cloud": 0})
    assert dataclasses.replace(dispatch, table=lambda: routes).take(10) == []
    assert reasons(dispatch) == {}
    assert backlog(dispatch) == [0, 0, 1]


def test_a_rollout_that_left_the_policy_is_excluded(dispatch):
    record(dispatch, accepted(1, route="audio", reask=True))
    assert dispatch.take(10) == []
    with dispatch.store.read() as conn:
        found = exchanges.ledger(conn)["clinic", "audio"]
    assert found.reasons == {"excluded: no_rollout": 1}


def test_a_payload_that_cannot_be_opened_fails_alone(dispatch):
    long = accepted(1, body=b"x" * 100_000)
    record(dispatch, long, accepted(2))
    for file in dispatch.sealer.blobs.rglob("*"):
        if file.is_file():
            file.unlink()
    assert [job.accept.id for job in dispatch.take(10)] == ["e000002"]
    assert reasons(dispatch) == {"failed: payload_unreadable": 1}


def test_a_tenants_lost_key_makes_its_own_copies_wait_and_nobody_elses(dispatch, home, clock):
    record(dispatch, accepted(1), accepted(2, tenant="hospital"))
    (file,) = (home.keys / "tenants" / "clinic").iterdir()
    away = file.rename(home.path / "away")
    dispatch = dataclasses.replace(dispatch, sealer=Sealer.open(home))  # one that starts now
    for _ in range(ATTEMPTS + 1):
        for job in dispatch.take(10):
            assert job.accept.tenant == "hospital"
        clock.now += KEY_AGAIN_US
    away.rename(file)
    found = {job.accept.tenant: job.claim.attempts for job in dispatch.take(10)}
    assert found["clinic"] == 1


def test_a_shadow_whose_senders_die_is_lost_after_three_attempts(dispatch, clock):
    record(dispatch, accepted(1, reask=True))
    for attempt in range(1, ATTEMPTS + 1):
        claims = [job.claim for job in dispatch.take(10)]
        assert [claim.attempts for claim in claims] == [attempt] * 2
        clock.now += LEASE_US - 1
        assert dispatch.take(10) == []
        clock.now += 1
    assert dispatch.take(10) == []
    assert reasons(dispatch) == {"pending: shadow_lost": 1}  # told once its answer is in
    assert backlog(dispatch) == [0, 0, 0]


def test_a_lease_is_kept_by_renewing(dispatch, clock):
    record(dispatch, accepted(1, reask=True))
    dispatch.take(10)
    for _ in range(5):
        clock.now += LEASE_US // 2
        dispatch.renew()
        assert dispatch.take(10) == []


def test_replies_end_their_work_and_make_the_comparison_due(dispatch):
    record(dispatch, accepted(1), accepted(2))
    one, two = dispatch.take(10)
    with dispatch.store.write() as conn:
        exchanges.record_reply(conn, replied(1), dispatch.sealer)
    dispatch.record([(one, replied(1, Leg.SHADOW)), (two, replied(2, Leg.SHADOW))])
    assert backlog(dispatch) == [0, 0, 1]


@pytest.mark.parametrize("store_on", ["postgresql"], indirect=True)
def test_who_records_replies_has_all_their_exchanges_before_it_changes_one(dispatch):
    """Else it would wait for the drainer, which has the next one and waits for the log."""
    record(dispatch, *(accepted(n) for n in (1, 2, 3)))
    one, two, _ = dispatch.take(10)
    with free_at_the_first_change(dispatch.store) as free:
        dispatch.record([(two, replied(2, Leg.SHADOW)), (one, replied(1, Leg.SHADOW))])
    assert free == ["e000003"]


@pytest.mark.parametrize("store_on", ["postgresql"], indirect=True)
def test_who_does_without_copies_has_all_their_exchanges_before_it_changes_one(dispatch):
    record(dispatch, *(accepted(n) for n in (1, 2)), accepted(3, serving=Side.CANDIDATE))
    routes = RouteTable(1, 1, {}, drains={"gpu": 0})
    with free_at_the_first_change(dispatch.store) as free:
        (job,) = dataclasses.replace(dispatch, table=lambda: routes).take(10)
    assert free == [job.accept.id] == ["e000003"]


def test_a_reply_after_the_client_left_is_kept_and_reported(dispatch):
    record(dispatch, accepted(1))
    (job,) = dispatch.take(10)
    with dispatch.store.write() as conn:
        exchanges.abandon(conn, "e000001", Outcome.EXCLUDED, "client_abort")
    dispatch.record([(job, replied(1, Leg.SHADOW))])
    with dispatch.store.read() as conn:
        assert [event.type for event in events.read(conn, "clinic")] == ["shadow.sent"]
    assert backlog(dispatch) == [0, 0, 0]


def test_what_is_withdrawn_is_taken_by_the_next_at_once_and_spends_no_attempt(dispatch):
    record(dispatch, accepted(1), accepted(2))
    other = dataclasses.replace(dispatch, owner="other")
    dispatch.withdraw(dispatch.take(10)[:1])
    for sender in (other, dispatch) * ATTEMPTS:
        jobs = sender.take(10)
        assert [(job.accept.id, job.claim.attempts) for job in jobs] == [("e000001", 1)]
        sender.withdraw(jobs)


def test_only_what_has_a_place_at_its_upstream_is_taken_the_oldest_first(dispatch):
    candidate = [
        accepted(n, serving=Side.CANDIDATE) for n in (3, 5)
    ]  # their copies go to the cloud
    record(dispatch, *(accepted(n, reask=n == 4) for n in (1, 2, 4, 6)), *candidate)

    def ids(limit, **rooms):
        jobs = dispatch.take(limit, rooms.__getitem__)
        dispatch.withdraw(jobs)
        return [(job.accept.id, job.to.upstream) for job in jobs]

    gpu, cloud = ("e000001", "gpu"), ("e000003", "cloud")
    assert ids(10, gpu=0, cloud=0) == []
    assert ids(10, gpu=1, cloud=1) == [gpu, cloud]
    assert ids(10, gpu=2, cloud=0) == [gpu, ("e000002", "gpu")]
    assert ids(10, gpu=0, cloud=9) == [cloud, ("e000005", "cloud"), ("e000004", "cloud")]
    assert len(ids(3, gpu=2, cloud=2)) == 3
    assert len(ids(10, gpu=10, cloud=10)) == 7


def test_what_waits_behind_many_without_a_place_is_found(dispatch, monkeypatch):
    monkeypatch.setattr(module, "_PAGE", 2)
    record(dispatch, *(accepted(n) for n in range(7)), accepted(8, serving=Side.CANDIDATE))
    (job,) = dispatch.take(10, {"gpu": 0, "cloud": 1}.__getitem__)
    assert job.accept.id == "e000008"


def test_what_will_be_refused_needs_no_place(dispatch):
    record(dispatch, accepted(1, route="audio"), accepted(2))
    assert dispatch.take(10, {"gpu": 0, "cloud": 1}.__getitem__) == []
    assert reasons(dispatch, route="audio") == {"excluded: no_rollout": 1}


def test_a_backlog_over_the_limit_is_shed(dispatch):
    policy = two_sided(NOWHERE, NOWHERE, terms={"sampling": {"max_backlog": 2}})
    small = dataclasses.replace(dispatch, policy=policy)
    record(small, *(accepted(n) for n in range(5)))
    assert small.shed() == 3
    assert small.shed() == 0
    assert reasons(small) == {"pending: backlog": 3}  # told once their answers are in


def test_each_sender_has_a_name_of_its_own(dispatch):
    names = {
        Dispatch(dispatch.policy, dispatch.store, dispatch.sealer, bool).owner for _ in "ab"
    }
    assert len(names) == 2
    assert now_us() > 1_600_000_000_000_000


@pytest.mark.parametrize(
    ("changes", "reason"),
    [(({"gpu": 0}, False), "drained"), (({}, True), "served_by_other")],
)
def test_a_copy_that_was_planned_is_not_sent_to_who_may_get_none_now(dispatch, changes, reason):
    drains, barred = changes
    record(dispatch, accepted(1), accepted(2, serving=Side.CANDIDATE))
    row = Standing("clinic", "chat", "mirror", 0, 1, "s", barred=barred)
    routes = RouteTable(1, 1, {("clinic", "chat"): row}, drains=drains)
    (job,) = dataclasses.replace(dispatch, table=lambda: routes).take(10)
    assert job.accept.id == "e000002"  # the copy of the candidate's answer goes to the primary
    assert reasons(dispatch) == {f"excluded: {reason}": 1}


USED = b'{"usage": {"prompt_tokens": 100000, "completion_tokens": 0}}'


def with_budget(dispatch, amount=1.0):
    """The same desk, with so much a day at 10 for a million tokens, of the primary's alone."""
    written = dispatch.policy.model_dump(mode="json")
    written["upstreams"]["cloud"]["prices"] = {"*": {"input": 10}}
    written["terms"]["sampling"]["budget_per_day"] = {"amount": amount}
    policy = type(dispatch.policy).model_validate(written)
    return Dispatch(policy, dispatch.store, dispatch.sealer, dispatch.permitted, dispatch.clock)


def answered(job):
    number = int(job.accept.id[1:])
    location = job.to.location.value
    found = {"side": job.to.side, "upstream": job.to.upstream, "location": location}
    return replied(number, job.leg, body=USED, **found)


def serve(dispatch, number, **changes):
    """An exchange that the candidate answered, in the store with its answer."""
    record(dispatch, accepted(number, serving=Side.CANDIDATE, stage="live", **changes))
    with dispatch.store.write() as conn:
        exchanges.record_reply(conn, replied(number, side=Side.CANDIDATE), dispatch.sealer)


def test_copies_end_with_the_days_money_and_what_was_served_is_looked_at_alone(dispatch):
    desk = with_budget(dispatch)
    serve(desk, 1)
    (job,) = desk.take(10)
    desk.record([(job, answered(job))])  # 1.00 of 1.00
    serve(desk, 2, reask=True)
    assert with_budget(dispatch).take(10) == []  # another process knows as well
    assert backlog(desk) == [0, 0, 2]  # both only wait for their score
    assert reasons(desk) == {"pending: budget": 1}
    with desk.store.read() as conn:
        assert not exchanges.load(conn, "e000002", desk.sealer).accept.reask


def test_a_copy_goes_out_again_the_next_day(dispatch, clock):
    desk = with_budget(dispatch)
    serve(desk, 1)
    (job,) = desk.take(10)
    desk.record([(job, answered(job))])
    clock.now += 86_400_000_000
    serve(desk, 2)
    assert [job.accept.id for job in desk.take(10)] == ["e000002"]


def test_copies_to_ones_own_server_go_on_and_lose_only_their_re_ask(dispatch):
    desk = with_budget(dispatch)
    serve(desk, 1)
    (job,) = desk.take(10)
    desk.record([(job, answered(job))])
    record(desk, accepted(2, reask=True))
    (copy,) = desk.take(10)
    assert (copy.leg, copy.to.side) == (Leg.SHADOW, Side.CANDIDATE)
    with desk.store.read() as conn:
        assert exchanges.load(conn, "e000002", desk.sealer).wanted == {Leg.SERVED, Leg.SHADOW}
        assert exchanges.ledger(conn)["clinic", "chat"].pending == 2


def test_a_reply_that_comes_twice_is_paid_once(dispatch, clock):
    desk = with_budget(dispatch, amount=100)
    serve(desk, 1)
    (job,) = desk.take(10)
    desk.record([(job, answered(job))])
    desk.record([(job, answered(job))])
    with desk.store.read() as conn:
        assert list(spent_today(conn, clock()).values()) == [1_000_000]


def test_a_priced_candidate_is_sent_nothing_either_and_the_exchange_ends(dispatch):
    written = dispatch.policy.model_dump(mode="json")
    written["upstreams"]["gpu"]["prices"] = {"*": {"input": 10}}
    written["budget_per_day"] = {"amount": 1e-6}
    policy = type(dispatch.policy).model_validate(written)
    desk = Dispatch(policy, dispatch.store, dispatch.sealer, dispatch.permitted, dispatch.clock)
    record(desk, accepted(1))
    (job,) = desk.take(10)
    desk.record([(job, answered(job))])
    record(desk, accepted(2))
    assert desk.take(10) == []
    assert reasons(desk) == {"unsampled: budget": 1}
