import json
import threading

import pytest
from builders import accepted, replied, two_sided

from compare import calibrations, encoders, ledger, worker
from compare.encoders.remote import EncoderAway
from compare.noise import Calibration, Cell, Estimate, Measured
from compare.score import Scorer
from compare.worker import ATTEMPTS, ScoreWorker
from mirror.exchange import Leg, Outcome, Side
from mirror.journal import events, exchanges, queue, spending
from mirror.journal.queue import Kind
from mirror.journal.seal import Sealer
from mirror.journal.store import StoreError
from mirror.purse import Purse
from policies.policy import Policy

NOW = 2 * 10**15


class Clock:
    def __init__(self):
        self.us = NOW

    def __call__(self):
        return self.us


class Picky(Scorer):
    """Breaks on every pair whose candidate says so."""

    def score(self, cases):
        if any("break" in case.pair.candidate for case in cases):
            raise ZeroDivisionError("a comparator broke")
        return super().score(cases)


def says(text):
    return json.dumps(
        {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
    ).encode()


def waiting(
    store,
    sealer,
    number,
    candidate="Take the tablet with food and water.",
    reask=False,
    **changes,
):
    """An exchange whose replies are all in."""
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(number, reask=reask, **changes), sealer)
        legs = [Leg.SERVED, Leg.SHADOW, *([Leg.REASK] if reask else [])]
        for leg in legs:
            said = (
                candidate if leg is Leg.SHADOW else "Take the tablet with some food and water."
            )
            exchanges.record_reply(conn, replied(number, leg, body=says(said)), sealer)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def scoring(store, sealer, words, clock):
    return ScoreWorker(store, sealer, Picky((words,)), "one", clock)


def told(store, tenant="clinic"):
    with store.read() as conn:
        found = [json.loads(event.body) for event in events.read(conn, tenant)]
    return [event for event in found if event["type"] == "comparison.scored"]


def standing(store, tenant="clinic"):
    with store.read() as conn:
        return exchanges.ledger(conn, tenant)[tenant, "chat"]


def test_waiting_exchanges_are_compared_settled_and_reported_once(store, sealer, scoring):
    waiting(store, sealer, 1, reask=True)
    waiting(store, sealer, 2, "The parking behind the house is free.", tenant="hospital")
    assert scoring.step() == 2
    assert scoring.step() == 0
    with store.read() as conn:
        (row,) = ledger.recent(conn, "clinic", "chat", None, 10)
        assert queue.backlog(conn, Kind.SCORE) == 0
    assert row.noise_floor == 1.0 and 0 < row.equivalence <= 1
    assert standing(store).compared == standing(store, "hospital").compared == 1
    (event,) = told(store)
    assert event["object"] == {"kind": "exchange", "id": "e000001"}
    assert event["details"]["number"] == row.number
    assert event["details"]["equivalence"] == f"{row.equivalence:.4f}"
    assert (event["details"]["stage"], event["details"]["serving"]) == (row.stage, row.serving)
    for name in ("primary_us", "candidate_us"):
        assert event["details"][name] == getattr(row, name) > 0
    assert (event["details"]["primary_model"], event["details"]["candidate_model"]) == (
        "big",
        "own",
    )
    assert "food" not in str(event)


def test_a_pair_that_breaks_a_comparator_is_tried_again_and_then_settled_alone(
    store, sealer, scoring, clock
):
    waiting(store, sealer, 1)
    waiting(store, sealer, 2, "break it")
    waiting(store, sealer, 3)
    for attempt in range(1, ATTEMPTS + 1):
        assert scoring.step() == (3 if attempt == 1 else 1)
        assert scoring.step() == 0  # it is due only later
        clock.us += worker.AGAIN_US
    assert scoring.step() == 0
    found = standing(store)
    assert (found.compared, found.failed, found.pending) == (2, 1, 0)
    assert found.reasons == {"failed: score_error": 1}
    broken = [event for event in told(store) if event["outcome"] == "failed"]
    assert [event["details"] for event in broken] == [{"error": "ZeroDivisionError"}]
    assert broken[0]["object"]["id"] == "e000002" and broken[0]["reason"] == "score_error"
    with store.read() as conn:
        row = ledger.of_exchange(conn, "e000002")
        good = ledger.of_exchange(conn, "e000001")
    assert (row.attribution, row.equivalence, row.missing) == (
        "both_answered",
        None,
        "score_error",
    )
    assert (row.comparators, row.recorded_key) == (good.comparators, "")
    assert row.candidate_us == good.candidate_us


def test_a_payload_that_cannot_be_opened_does_not_stop_the_others(
    store, sealer, scoring, clock
):
    waiting(store, sealer, 1)
    waiting(store, sealer, 2, "x" * 200_000)
    for blob in sealer.blobs.rglob("*"):
        if blob.is_file():
            blob.unlink()
    for _ in range(ATTEMPTS):
        scoring.step()
        clock.us += worker.AGAIN_US
    found = standing(store)
    assert (found.compared, found.failed) == (1, 1)
    assert [event["details"] for event in told(store) if event["outcome"] == "failed"] == [
        {"error": "SealBroken"}
    ]


def test_what_waits_for_a_lost_key_loses_no_attempt(store, sealer, words, clock, home):
    waiting(store, sealer, 1)
    waiting(store, sealer, 2, tenant="hospital")
    (file,) = (home.keys / "tenants" / "clinic").iterdir()
    away = file.rename(home.path / "away")
    starts = ScoreWorker(store, Sealer.open(home), Scorer((words,)), "two", clock)
    for _ in range(ATTEMPTS + 1):
        starts.step()
        clock.us += worker.KEY_AGAIN_US
    assert standing(store, "hospital").compared == 1 and standing(store).pending == 1
    away.rename(file)
    assert starts.step() == 1
    assert standing(store).compared == 1


def test_who_lost_the_lease_writes_nothing(store, sealer, scoring, words, clock):
    waiting(store, sealer, 1)
    other = ScoreWorker(store, sealer, Scorer((words,)), "two", clock)

    class Slow(Scorer):
        def score(self, cases):
            clock.us += worker.LEASE_US + 1
            assert other.step() == 1
            return super().score(cases)

    slow = ScoreWorker(store, sealer, Slow((words,)), "one", clock)
    assert slow.step() == 1
    assert standing(store).compared == 1
    assert len(told(store)) == 1


def test_a_killed_worker_leaves_its_exchanges_to_the_next(store, sealer, scoring, clock):
    waiting(store, sealer, 1)
    with store.write() as conn:
        assert queue.claim(conn, Kind.SCORE, "killed", clock(), worker.LEASE_US, 16)
    assert scoring.step() == 0
    clock.us += worker.LEASE_US
    assert scoring.step() == 1
    assert standing(store).compared == 1


def test_what_kills_its_worker_is_given_up_and_takes_nobody_with_it(
    store, sealer, words, clock
):
    class Killed(BaseException):
        """What the kernel does to a process, as far as a test can."""

    asked = []

    class Deadly(Scorer):
        def score(self, cases):
            asked.append([case.id for case in cases])
            if any("kill" in case.pair.candidate for case in cases):
                raise Killed
            return super().score(cases)

    for number in range(1, 6):
        waiting(store, sealer, number, "kill" if number in (2, 4) else "Take it with food.")
    deaths = 0
    for life in range(30):
        process = ScoreWorker(store, sealer, Deadly((words,)), f"life {life}", clock)
        try:
            while process.step():
                pass
        except Killed:
            deaths += 1
        clock.us += worker.LEASE_US
    found = standing(store)
    assert (found.compared, found.failed, found.pending) == (3, 2, 0)
    assert found.reasons == {"failed: score_error": 2}
    assert deaths == 1 + 2 * (ATTEMPTS - 1)  # the batch once, then each of the two alone
    assert len(asked[0]) == 5 and all(len(ids) == 1 for ids in asked[1:])
    assert {event["details"].get("error") for event in told(store)} == {None, "WorkerKilled"}


def test_what_waits_for_an_encoder_that_is_away_loses_no_attempt(store, sealer, words, clock):
    class Away(Scorer):
        def score(self, cases):
            raise EncoderAway("no vectors within 10 s")

    waiting(store, sealer, 1)
    waiting(store, sealer, 2)
    process = ScoreWorker(store, sealer, Away((words,)), "one", clock)
    for _ in range(2 * ATTEMPTS):
        assert process.step() == 2
        assert process.step() == 0  # it is not asked again at once
        clock.us += worker.AGAIN_US
    assert standing(store).pending == 2 and told(store) == []
    process.scorer = Scorer((words,))
    assert process.step() == 2
    assert standing(store).compared == 2


def test_answers_that_a_failing_store_keeps_back_lose_no_attempt(
    store, sealer, scoring, clock, monkeypatch
):
    def fails(*_):
        raise StoreError("the store does not answer")

    waiting(store, sealer, 1)
    with monkeypatch.context() as patched:
        patched.setattr(worker.exchanges, "load", fails)
        for _ in range(ATTEMPTS + 1):
            assert scoring.step() == 1
            clock.us += worker.AGAIN_US
    assert standing(store).pending == 1 and told(store) == []
    assert scoring.step() == 1
    assert standing(store).compared == 1


def test_an_exchange_that_was_settled_meanwhile_is_left_alone(store, sealer, scoring):
    waiting(store, sealer, 1)
    with store.write() as conn:
        exchanges.abandon(conn, "e000001", Outcome.EXCLUDED, "client_abort")
    assert scoring.step() == 0
    assert told(store) == []


def test_it_scores_with_the_policys_encoders_and_judge_until_it_is_stopped(
    home, words, monkeypatch
):
    at = "http://127.0.0.1:9"
    upstreams = two_sided(at, at).model_dump(mode="json")["upstreams"]
    upstreams["judge"] = upstreams["gpu"] | {"base_url": "http://127.0.0.1:10/v1"}
    policy = two_sided(
        at,
        at,
        encoders=[{"kind": "onnx_int8"}],
        upstreams=upstreams,
        judge={"upstream": "judge", "model": "own"},
    )
    monkeypatch.setattr(
        encoders, "load", lambda *given: (words,) if given == (policy.encoders, policy) else ()
    )
    stop = threading.Event()
    steps = []

    def step(self):
        steps.append((self.owner, self.scorer.encoders))
        assert self.scorer.opinions.judge is not None and self.scorer.opinions.nli is None
        stop.set()
        return 0

    monkeypatch.setattr(ScoreWorker, "step", step)
    worker.run(policy, home, stop)
    ((owner, scoring),) = steps
    assert owner.startswith("score-") and scoring == (words,)


def test_an_exchange_that_the_primary_answered_twice_tells_of_its_noise(store, sealer, scoring):
    bodies = [json.dumps({"messages": [{"role": "user", "content": f"{n}?"}]}) for n in (1, 2)]
    for number, body in enumerate(bodies, start=1):
        waiting(store, sealer, number, reask=True, body=body.encode())
    waiting(store, sealer, 3)
    scoring.step()
    with store.read() as conn:
        found = calibrations.of(conn, "clinic", "chat")
    assert [one.cell.length for one in found] == ["short", "short"]
    assert all(one.floor["f1"] == pytest.approx(1.0, abs=1e-3) and one.null for one in found)


def test_a_calibration_that_comes_is_taken_up_with_the_next_batch(
    store, sealer, scoring, words
):
    signals = {"f1": Estimate(0.0, 1.0, 0.0), "overlap": Estimate(0, 1, 0, "says nothing")}
    cell = Cell(words.id, "en", "short")
    taken = Calibration((Measured(cell, 90, 90, signals),))
    waiting(store, sealer, 1)
    scoring.step()
    with store.write() as conn:
        calibrations.keep(conn, ("clinic", "chat"), taken, NOW)
    waiting(store, sealer, 2)
    waiting(store, sealer, 3, tenant="hospital")
    scoring.step()
    with store.read() as conn:
        second, first = ledger.recent(conn, "clinic", "chat", None, 10)
        (other,) = ledger.recent(conn, "hospital", "chat", None, 10)
    assert second.comparators == f"{first.comparators} cal-{taken.id}"
    assert other.comparators == first.comparators
    assert "semantic" in second.signals and "lexical" not in second.signals
    assert second.signals["semantic"] == pytest.approx(second.signals["f1"], abs=1e-3)
    alike_and_there = second.signals["semantic"] * second.signals["coverage"]
    assert second.equivalence == pytest.approx(alike_and_there**0.5, abs=1e-3)


def test_where_no_signal_tells_anything_the_score_is_missing(store, sealer, scoring, words):
    signals = {"f1": Estimate(0.5, 0.5, 0.0, "says nothing")}
    taken = Calibration((Measured(Cell(words.id, "en", "short"), 90, 90, signals),))
    with store.write() as conn:
        calibrations.keep(conn, ("clinic", "chat"), taken, NOW)
    waiting(store, sealer, 1)
    scoring.step()
    with store.read() as conn:
        (row,) = ledger.recent(conn, "clinic", "chat", None, 10)
    assert (row.equivalence, row.missing) == (None, "no_signal")


def served_alone(store, sealer, number, reason, said="Take it with food."):
    """An exchange that the candidate answered, and whose primary was not asked."""
    alone = accepted(number, stage="live", serving=Side.CANDIDATE, reason=reason)
    with store.write() as conn:
        exchanges.record_accept(conn, alone, sealer)
        reply = replied(
            number, side=Side.CANDIDATE, upstream="gpu", location="onprem", body=says(said)
        )
        exchanges.record_reply(conn, reply, sealer)


@pytest.mark.parametrize(
    ("reason", "standing_as"),
    [
        ("sampling", "unsampled: sampling"),
        ("budget", "unsampled: budget"),
        ("no_permitted_side", "excluded: no_permitted_side"),
        ("drained", "excluded: drained"),
        ("backlog", "shed: backlog"),
        ("shadow_lost", "failed: shadow_lost"),
    ],
)
def test_an_answer_that_stood_alone_is_looked_at_and_stands_where_its_reason_says(
    store, sealer, scoring, reason, standing_as
):
    served_alone(store, sealer, 1, reason)
    served_alone(store, sealer, 2, reason, said="take it, " * 60)
    scoring.step()
    with store.read() as conn:
        found = exchanges.ledger(conn)["clinic", "chat"]
        looped, good = ledger.recent(conn, "clinic", "chat", None, 10)
        assert not queue.is_due(conn, list(Kind), 2 * NOW)
    assert (found.seen, found.compared, found.reasons) == (2, 0, {standing_as: 2})
    assert (good.attribution, good.unpaired) == ("candidate_alone", reason)
    assert (good.equivalence, good.missing) == (None, f"unpaired:{reason}")
    assert (good.fail_codes, looped.fail_codes) == ((), ("REPETITION",))
    assert good.recorded_key and good.recorded_key != looped.recorded_key


def test_a_copy_that_was_shed_in_mirror_is_one_of_which_nothing_is_known(
    store, sealer, scoring
):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), sealer)
        assert exchanges.unpair(conn, "e000001", "backlog", NOW)
    assert scoring.step() == 0, "its answer is still to come"
    with store.write() as conn:
        exchanges.record_reply(conn, replied(1, body=says("Take it with food.")), sealer)
    assert scoring.step() == 1
    with store.read() as conn:
        row = ledger.of_exchange(conn, "e000001")
    assert (row.attribution, row.missing) == ("not_copied", "not_copied:backlog")
    assert (row.candidate_us, row.flags, row.recorded_key) == (None, (), "")
    assert standing(store).reasons == {"shed: backlog": 1}


def test_what_the_primary_would_have_charged_is_counted_once_an_answer(
    store, sealer, words, clock
):
    written = two_sided("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1").model_dump(
        mode="json"
    )
    written["upstreams"]["cloud"]["prices"] = {"*": {"input": 2}}
    purse = Purse(Policy.model_validate(written))
    scoring = ScoreWorker(store, sealer, Picky((words,)), "one", clock, purse)
    served_alone(store, sealer, 1, "sampling")
    waiting(store, sealer, 2)  # the primary answered this one
    scoring.step()
    scoring.step()
    with store.read() as conn:
        (saved,) = spending.of_day(conn, spending.day_of(NOW))
    assert (saved.account.leg, saved.legs, saved.estimated) == ("avoided", 1, 1)
    assert saved.millionths > 0
