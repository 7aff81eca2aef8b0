import json
import threading
from collections import Counter

import pytest
from builders import accepted, replied
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from mirror.exchange import Attempt, End, Leg, Outcome, Side
from mirror.journal import events, exchanges, queue
from mirror.journal.exchanges import AlreadySettled, UnknownExchange
from mirror.journal.queue import Kind
from mirror.journal.seal import SealBroken
from mirror.journal.store import Store


def types(conn, tenant="clinic"):
    return [event.type for event in events.read(conn, tenant)]


def backlogs(conn):
    return tuple(queue.backlog(conn, kind) for kind in (Kind.SHADOW, Kind.REASK, Kind.SCORE))


def finish_legs(conn):
    """Do as senders do: end the work of every leg."""
    for kind in (Kind.SHADOW, Kind.REASK):
        for claim in queue.claim(conn, kind, "test", 2 * 10**15, 1, 100):
            queue.finish(conn, claim)


def test_an_exchange_is_loaded_as_it_was_recorded(store, sealer):
    accept = accepted(1, reask=True, body=b"x" * 100_000)
    attempt = Attempt(Side.CANDIDATE, "gpu", "onprem", End.TIMEOUT, None, 10_000_000)
    served = replied(1, failed_over=(attempt,), first_byte_us=7)
    reask = replied(1, Leg.REASK, body=b"", status=None, end=End.CONNECT, error="nobody")
    with store.write() as conn:
        exchanges.record_accept(conn, accept, sealer)
        exchanges.record_reply(conn, served, sealer)
        exchanges.record_reply(conn, reask, sealer)
    with store.read() as conn:
        loaded = exchanges.load(conn, accept.id, sealer)
    assert loaded.accept == accept
    assert loaded.replies == {Leg.SERVED: served, Leg.REASK: reask}
    assert loaded.wanted == {Leg.SERVED, Leg.SHADOW, Leg.REASK}


def test_no_payload_stands_in_the_store_in_clear(home, store, sealer):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1, body=b"patient Siti"), sealer)
        exchanges.record_reply(conn, replied(1, body=b"paracetamol"), sealer)
        rows = [*conn.execute(text("SELECT * FROM exchange")), *events.read(conn, "clinic")]
        rows += conn.execute(text("SELECT * FROM reply")).all()
    assert "Siti" not in str(rows) and "paracetamol" not in str(rows)


def test_a_payload_moved_to_another_exchange_is_not_opened(store, sealer):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), sealer)
        exchanges.record_accept(conn, accepted(2), sealer)
        conn.execute(
            text(
                "UPDATE exchange SET body = (SELECT body FROM exchange WHERE id = 'e000001') "
                "WHERE id = 'e000002'"
            )
        )
        with pytest.raises(SealBroken, match="e000002/request"):
            exchanges.load(conn, "e000002", sealer)


def test_legs_are_due_at_once_and_the_comparison_when_the_last_wanted_one_ended(store, sealer):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1, reask=True), sealer)
        assert backlogs(conn) == (1, 1, 0)
        for leg, due in ((Leg.SHADOW, 0), (Leg.SERVED, 0), (Leg.REASK, 1)):
            exchanges.record_reply(conn, replied(1, leg), sealer)
            assert backlogs(conn) == (1, 1, due)


def test_without_a_re_ask_two_legs_are_enough(store, sealer):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), sealer)
        exchanges.record_reply(conn, replied(1), sealer)
        assert backlogs(conn) == (1, 0, 0)
        exchanges.record_reply(conn, replied(1, Leg.SHADOW, end=End.TIMEOUT), sealer)
        assert backlogs(conn) == (1, 0, 1)


def test_of_two_legs_that_end_at_once_the_second_sees_the_first(store, sealer):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), sealer)

    def serve():
        with store.write() as conn:
            exchanges.record_reply(conn, replied(1), sealer)

    other = threading.Thread(target=serve)
    with store.write() as conn:
        exchanges.record_reply(conn, replied(1, Leg.SHADOW), sealer)
        other.start()
        other.join(0.3)  # it waits for this transaction
        assert other.is_alive()
    other.join(20)
    with store.read() as conn:
        assert backlogs(conn) == (1, 0, 1)


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.PENDING])
def test_an_exchange_with_a_final_outcome_makes_no_work(store, sealer, outcome):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1, outcome=outcome, reask=True), sealer)
        for leg in Leg:
            exchanges.record_reply(conn, replied(1, leg), sealer)
        assert backlogs(conn) == (0, 0, 0)


def test_a_client_that_left_excludes_the_exchange_and_removes_its_work(store, sealer):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1, reask=True), sealer)
        exchanges.record_reply(conn, replied(1, Leg.SHADOW), sealer)
        exchanges.record_reply(conn, replied(1, end=End.CLIENT_ABORT), sealer)
        exchanges.record_reply(conn, replied(1, Leg.REASK), sealer)  # was under way
        assert backlogs(conn) == (0, 0, 0)
        ledger = exchanges.ledger(conn)["clinic", "chat"]
    assert (ledger.seen, ledger.excluded, ledger.reasons) == (
        1,
        1,
        {"excluded: client_abort": 1},
    )


@pytest.mark.parametrize("reason", ["", "sampling", "no_permitted_side"])
def test_a_client_that_left_the_candidate_is_looked_at_alone_and_then_excluded(
    store, sealer, reason
):
    served = replied(1, side=Side.CANDIDATE, upstream="gpu", end=End.CLIENT_ABORT)
    accept = accepted(1, serving=Side.CANDIDATE, reason=reason, reask=not reason)
    with store.write() as conn:
        exchanges.record_accept(conn, accept, sealer)
        exchanges.record_reply(conn, served, sealer)
        assert backlogs(conn) == (0, 0, 1)
        exchanges.record_reply(conn, replied(1, Leg.SHADOW, side=Side.PRIMARY), sealer)
        assert backlogs(conn) == (0, 0, 1)  # it was under way
    with store.read() as conn:
        found = exchanges.load(conn, accept.id, sealer)
        assert (found.accept.reason, found.wanted) == ("client_abort", {Leg.SERVED})
        assert exchanges.ledger(conn)["clinic", "chat"].pending == 1


def test_a_copy_that_is_missing_in_mirror_is_told_once_its_answer_is_in(store, sealer):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1, reask=True), sealer)
        assert exchanges.unpair(conn, "e000001", "backlog", 7)
        assert backlogs(conn) == (0, 0, 0)
        exchanges.record_reply(conn, replied(1), sealer)
        assert backlogs(conn) == (0, 0, 1)
        exchanges.record_accept(conn, accepted(2), sealer)
        assert exchanges.unpair(conn, "e000002", "shadow_lost", 7)
        exchanges.record_reply(conn, replied(2, end=End.CLIENT_ABORT), sealer)
        found = exchanges.ledger(conn)["clinic", "chat"]
    assert found.reasons == {"pending: backlog": 1, "excluded: client_abort": 1}


@pytest.mark.parametrize("reason", ["drained", "budget", "no_rollout", "no_permitted_side"])
def test_a_copy_that_nobody_wanted_sent_in_mirror_is_let_go_at_once(store, sealer, reason):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), sealer)
        assert exchanges.unpair(conn, "e000001", reason, 7)
        assert not exchanges.unpair(conn, "e000001", reason, 7)
        assert exchanges.ledger(conn)["clinic", "chat"].pending == 0


def test_a_client_that_left_a_candidate_without_a_place_says_nothing_of_it(store, sealer):
    full = Attempt(Side.CANDIDATE, "gpu", "onprem", End.AT_CAPACITY, None, 0)
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1, serving=Side.CANDIDATE), sealer)
        served = replied(1, end=End.CLIENT_ABORT, failed_over=(full,))
        exchanges.record_reply(conn, served, sealer)
        assert backlogs(conn) == (0, 0, 0)
        ledger = exchanges.ledger(conn)["clinic", "chat"]
    assert ledger.reasons == {"excluded: client_abort": 1}


@pytest.mark.parametrize(
    ("serving", "end", "full", "reasons"),
    [
        (Side.CANDIDATE, End.AT_CAPACITY, (), {"excluded: at_capacity": 1}),
        (Side.CANDIDATE, End.COMPLETE, (Side.CANDIDATE,), {"excluded: at_capacity": 1}),
        (Side.PRIMARY, End.COMPLETE, (Side.CANDIDATE,), {}),  # its copy is still to be compared
        (Side.PRIMARY, End.AT_CAPACITY, (), {"excluded: at_capacity": 1}),
    ],
)
def test_where_who_was_to_answer_had_no_place_nothing_is_compared(
    store, sealer, serving, end, full, reasons
):
    tried = tuple(Attempt(side, "gpu", "onprem", End.AT_CAPACITY, None, 0) for side in full)
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1, serving=serving), sealer)
        exchanges.record_reply(conn, replied(1, end=end, failed_over=tried), sealer)
        assert exchanges.ledger(conn)["clinic", "chat"].reasons == reasons
        assert backlogs(conn) == ((0, 0, 0) if reasons else (1, 0, 0))


def test_the_same_record_twice_changes_nothing(store, sealer):
    with store.write() as conn:
        assert exchanges.record_accept(conn, accepted(1), sealer)
        assert exchanges.record_reply(conn, replied(1), sealer)
        before = types(conn)
        assert not exchanges.record_accept(conn, accepted(1, session="other"), sealer)
        assert not exchanges.record_reply(conn, replied(1, body=b"other"), sealer)
        assert types(conn) == before
        assert exchanges.load(conn, "e000001", sealer).accept == accepted(1)


def test_a_reply_to_nothing_is_refused(store, sealer):
    with pytest.raises(UnknownExchange, match="e000009"), store.write() as conn:
        exchanges.record_reply(conn, replied(9), sealer)
    with pytest.raises(UnknownExchange), store.write() as conn:
        exchanges.settle(conn, "e000009", Outcome.COMPARED, "")
    with pytest.raises(UnknownExchange), store.read() as conn:
        exchanges.load(conn, "e000009", sealer)


def test_an_exchange_is_settled_once(store, sealer):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), sealer)
        exchanges.settle(conn, "e000001", Outcome.COMPARED, "")
    with pytest.raises(AlreadySettled, match="is compared"), store.write() as conn:
        exchanges.settle(conn, "e000001", Outcome.FAILED, "score_error")
    with store.write() as conn:
        assert not exchanges.abandon(conn, "e000001", Outcome.SHED, "backlog")
        assert exchanges.ledger(conn)["clinic", "chat"].compared == 1


def test_of_two_that_settle_at_once_one_is_refused(store, sealer):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), sealer)
    refused = []

    def settle():
        with pytest.raises(AlreadySettled), store.write() as conn:
            exchanges.settle(conn, "e000001", Outcome.FAILED, "score_error")
        refused.append(True)

    other = threading.Thread(target=settle)
    with store.write() as conn:
        exchanges.settle(conn, "e000001", Outcome.COMPARED, "")
        other.start()
        other.join(0.3)  # it waits for this transaction
    other.join(20)
    assert refused
    with store.read() as conn:
        assert exchanges.ledger(conn)["clinic", "chat"].compared == 1


def test_the_ledger_is_per_rollout(store, sealer):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), sealer)
        exchanges.record_accept(conn, accepted(2, tenant="dental"), sealer)
        exchanges.record_accept(conn, accepted(3, route="reason"), sealer)
        assert set(exchanges.ledger(conn)) == {
            ("clinic", "chat"),
            ("clinic", "reason"),
            ("dental", "chat"),
        }
        assert set(exchanges.ledger(conn, "clinic", route="chat")) == {("clinic", "chat")}
        assert exchanges.ledger(conn, "nobody") == {}


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("accept"), st.integers(0, 5), st.sampled_from(Outcome), st.booleans()
        ),
        st.tuples(
            st.just("reply"), st.integers(0, 5), st.sampled_from(Leg), st.sampled_from(End)
        ),
        st.tuples(st.just("settle"), st.integers(0, 5), st.sampled_from(Outcome)),
        st.tuples(st.just("finish")),
    ),
    max_size=40,
)


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(steps=STEPS)
def test_whatever_happens_every_exchange_stands_in_exactly_one_place(
    ledger_store, sealer, steps
):
    """seen = excluded + unsampled + shed + failed + pending + compared, to the request."""
    model: dict[str, Outcome] = {}
    with ledger_store.write() as conn:
        for step in steps:
            follow(conn, sealer, step, model)
        found = exchanges.ledger(conn).get(("clinic", "chat"))
        places = Counter(model.values())
        if model:
            assert found.seen == len(model)
            assert all(getattr(found, outcome) == places[outcome] for outcome in Outcome)
            due = places[Outcome.PENDING]
            assert queue.backlog(conn, Kind.SCORE) <= due or not due
        else:
            assert found is None
        conn.rollback()


def follow(conn, sealer, step, model):
    """Do one step, and the same in a model that knows only the rules."""
    match step:
        case ("accept", n, outcome, reask):
            accept = accepted(n, outcome=outcome, reask=reask)
            exchanges.record_accept(conn, accept, sealer)
            model.setdefault(accept.id, outcome)
        case ("reply", n, leg, end) if f"e{n:06}" in model:
            new = exchanges.record_reply(conn, replied(n, leg, end=end), sealer)
            left = leg is Leg.SERVED and end in (End.CLIENT_ABORT, End.AT_CAPACITY)
            if new and left and model[f"e{n:06}"] is Outcome.PENDING:
                model[f"e{n:06}"] = Outcome.EXCLUDED
        case ("settle", n, outcome) if model.get(f"e{n:06}") is Outcome.PENDING:
            exchanges.settle(conn, f"e{n:06}", outcome, "test")
            model[f"e{n:06}"] = outcome
        case ("finish",):
            finish_legs(conn)


@pytest.fixture
def ledger_store(home):
    store = Store.open(home.store_url)
    yield store
    store.close()


def test_events_say_who_answered_and_commit_to_the_body(store, sealer):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), sealer)
        exchanges.record_reply(conn, replied(1), sealer)
        (served,) = (json.loads(event.body) for event in events.read(conn, "clinic"))
    assert served["type"] == "request.served"
    details = served["details"]
    assert len(details["body_commitment"]) == len(details["request_commitment"]) == 64
    assert details["body_commitment"] != details["request_commitment"]


def test_an_answer_that_stands_alone_waits_for_nothing_but_itself(store, sealer):
    alone = accepted(1, serving=Side.CANDIDATE, reason="sampling")
    with store.write() as conn:
        exchanges.record_accept(conn, alone, sealer)
        assert not queue.is_due(conn, ["shadow", "reask", "score"], 2 * 10**15)
        exchanges.record_reply(conn, replied(1, side=Side.CANDIDATE), sealer)
        assert queue.is_due(conn, ["score"], 2 * 10**15)
    with store.read() as conn:
        assert exchanges.load(conn, alone.id, sealer).wanted == {Leg.SERVED}
