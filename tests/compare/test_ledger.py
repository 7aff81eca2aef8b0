import json
from dataclasses import replace

import pytest
from builders import accepted, replied
from sqlalchemy import inspect, text, update
from sqlalchemy.exc import IntegrityError

from compare import ledger
from compare.comparison import Attribution, Comparison, Flag, Performance, Severity, Timing
from mirror.exchange import Attempt, End, Leg, Outcome, Side
from mirror.journal import exchanges
from mirror.journal.exchanges import Exchange
from mirror.journal.seal import SealBroken

FLAGS = (
    Flag("DOSE_CONFLICT", Severity.FAIL, "warfarin 50 mg; the primary says 5 mg"),
    Flag("LENGTH_RATIO", Severity.REVIEW, "3 words"),
)


TIMES = Performance(Timing(900.0, 90.0, 12.5), Timing(800.0, stalls=1), 5.0)


def comparison(number, **changes):
    made = Comparison(
        exchange_id=f"e{number:06}",
        attribution=Attribution.BOTH_ANSWERED,
        equivalence=0.75,
        noise_floor=0.875,
        missing="",
        flags=FLAGS,
        signals={"f1": 0.5},
        performance=TIMES,
        comparators="text-1 words",
    )
    return replace(made, **changes)


def recorded(conn, sealer, number, comparison_=None, served=None, **accept):
    """Store an exchange and its comparison; the comparison's number."""
    exchange = Exchange(
        accepted(number, **accept),
        {
            Leg.SERVED: served or replied(number, total_us=900, first_token_us=90),
            Leg.SHADOW: replied(number, Leg.SHADOW, total_us=800, first_token_us=80),
        },
    )
    exchanges.record_accept(conn, exchange.accept, sealer)
    return ledger.record(conn, exchange, comparison_ or comparison(number), sealer, 77)


def test_a_comparison_is_read_as_it_was_recorded(store, sealer):
    with store.write() as conn:
        number = recorded(conn, sealer, 1, streaming=True, stage="canary", epoch=3)
        (row,) = ledger.since(conn, "clinic", "chat", 3, 0, 10)
    assert (row.number, row.exchange_id, row.session, row.at_us) == (
        number,
        "e000001",
        "s000001",
        77,
    )
    assert (row.equivalence, row.noise_floor, row.missing) == (0.75, 0.875, "")
    assert (row.stage, row.serving, row.streaming, row.epoch) == ("canary", "primary", True, 3)
    assert row.attribution is Attribution.BOTH_ANSWERED and row.signals == {"f1": 0.5}
    times = (
        row.primary_us,
        row.primary_first_token_us,
        row.candidate_us,
        row.candidate_first_token_us,
    )
    assert times == (900, 90, 800, 80)
    assert row.fail_codes == ("DOSE_CONFLICT",) and not row.failed_over
    assert (row.performance, row.late) == (TIMES, "")
    with store.read() as conn:
        assert ledger.opened_flags(conn, row, sealer) == FLAGS


def test_a_late_copy_stands_in_the_ledger(store, sealer):
    late = replied(1, Leg.SHADOW, sent_us=replied(1).sent_us + 60_000_001)
    found = Exchange(accepted(1), {Leg.SERVED: replied(1), Leg.SHADOW: late})
    with store.write() as conn:
        exchanges.record_accept(conn, found.accept, sealer)
        ledger.record(conn, found, comparison(1), sealer, 77)
        (row,) = ledger.recent(conn, "clinic", "chat", None, 1)
    assert row.late == "candidate"


def test_a_row_of_an_older_version_knows_how_long_the_sides_took(store, sealer):
    with store.write() as conn:
        recorded(conn, sealer, 1)
        conn.execute(text("UPDATE comparison SET performance = '{}', late = ''"))
        (row,) = ledger.recent(conn, "clinic", "chat", None, 1)
    assert row.performance.primary == Timing(total_ms=0.9, first_token_ms=0.09)
    assert row.performance.candidate == Timing(total_ms=0.8, first_token_ms=0.08)


def test_words_of_answers_are_sealed_and_belong_to_their_exchange(store, sealer):
    with store.write() as conn:
        recorded(conn, sealer, 1)
        recorded(conn, sealer, 2)
        second, first = ledger.recent(conn, "clinic", "chat", None, 10)
        assert "warfarin" not in str(conn.execute(text("SELECT * FROM comparison")).all())
    assert all(flag.evidence == "" for flag in first.flags)
    with store.read() as conn, pytest.raises(SealBroken):
        ledger.opened_flags(conn, replace(first, evidence=second.evidence), sealer)


def test_a_missing_score_is_none_and_says_why(store, sealer):
    with store.write() as conn:
        missing = comparison(
            1, equivalence=None, noise_floor=None, missing="language:ta", flags=()
        )
        recorded(conn, sealer, 1, missing)
        row = ledger.recent(conn, "clinic", "chat", None, 1)[0]
    assert (row.equivalence, row.noise_floor, row.missing) == (None, None, "language:ta")
    with store.read() as conn:
        assert ledger.opened_flags(conn, row, sealer) == () == row.fail_codes


def test_a_failover_is_the_candidate_s_time_and_is_told(store, sealer):
    tried = Attempt(Side.CANDIDATE, "gpu", "onprem", End.TIMEOUT, None, 10_000_000)
    with store.write() as conn:
        recorded(conn, sealer, 1, served=replied(1, failed_over=(tried,)))
        row = ledger.recent(conn, "clinic", "chat", None, 1)[0]
    assert row.failed_over
    assert (row.candidate_us, row.candidate_first_token_us) == (10_000_000, None)


def test_an_exchange_is_compared_once(store, sealer):
    with store.write() as conn:
        recorded(conn, sealer, 1)
    with pytest.raises(IntegrityError), store.write() as conn:
        recorded(conn, sealer, 1)
    with store.read() as conn:
        assert len(ledger.recent(conn, "clinic", "chat", None, 10)) == 1


def test_rows_are_found_by_rollout_standing_and_number(store, sealer):
    with store.write() as conn:
        ours = [recorded(conn, sealer, n, epoch=2) for n in range(1, 6)]
        recorded(conn, sealer, 6, epoch=3)
        recorded(conn, sealer, 7, tenant="hospital")
        recorded(conn, sealer, 8, route="reason")

        def found(rows):
            return [row.number for row in rows]

        assert ours == sorted(ours)
        assert found(ledger.since(conn, "clinic", "chat", 2, 0, 10)) == ours
        assert found(ledger.since(conn, "clinic", "chat", 2, ours[1], 2)) == ours[2:4]
        newest = found(ledger.recent(conn, "clinic", "chat", None, 3))
        assert newest == [ours[4] + 1, ours[4], ours[3]]
        assert found(ledger.recent(conn, "clinic", "chat", ours[2], 10)) == [ours[1], ours[0]]


def test_open_exchanges_are_those_of_the_standing_that_wait(store, sealer):
    with store.write() as conn:
        for number in (2, 1):
            exchanges.record_accept(conn, accepted(number, epoch=4), sealer)
        exchanges.record_accept(conn, accepted(3, epoch=5), sealer)
        done = accepted(4, epoch=4, outcome=Outcome.UNSAMPLED)
        exchanges.record_accept(conn, done, sealer)
        waiting = ledger.open_exchanges(conn, "clinic", "chat", 4)
    assert waiting == [(f"s{n:06}", accepted(n).accepted_us) for n in (1, 2)]


def test_the_same_recorded_answer_has_the_same_key(store, sealer):
    with store.write() as conn:
        recorded(conn, sealer, 1)
        recorded(conn, sealer, 2)
        other = replied(
            3, body=json.dumps({"choices": [{"message": {"content": "New."}}]}).encode()
        )
        recorded(conn, sealer, 3, served=other)
        recorded(conn, sealer, 4, comparison(4, attribution=Attribution.CLIENT_LEFT))
        keys = [row.recorded_key for row in ledger.recent(conn, "clinic", "chat", None, 4)]
    assert keys[2] == keys[3] != keys[1]
    assert keys[0] == "", "what had come before its client left is no recorded answer"


def test_the_migration_makes_the_table_that_is_declared(store):
    with store.read() as conn:
        made = {column["name"]: column for column in inspect(conn).get_columns("comparison")}
        indexes = {index["name"] for index in inspect(conn).get_indexes("comparison")}
    declared = ledger.comparisons.columns
    assert made.keys() == {column.name for column in declared}
    assert all(made[column.name]["nullable"] == column.nullable for column in declared)
    assert {index.name for index in ledger.comparisons.indexes} <= indexes


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -float("inf"), 7.0])
def test_what_is_no_score_is_recorded_as_missing(store, sealer, score):
    with store.write() as conn:
        recorded(conn, sealer, 1, comparison(1, equivalence=score, noise_floor=score))
        (row,) = ledger.after(conn, 0, 10)
    assert (row.equivalence, row.noise_floor, row.missing) == (None, None, "score_error")


def test_what_is_no_score_in_a_store_is_read_as_none(store, sealer):
    with store.write() as conn:
        recorded(conn, sealer, 1)
        broken = {"equivalence": float("inf"), "noise_floor": float("inf")}
        conn.execute(update(ledger.comparisons).values(broken))
        (row,) = ledger.after(conn, 0, 10)
    assert (row.equivalence, row.noise_floor) == (None, None)
