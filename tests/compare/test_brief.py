"""What evidence reads of comparisons: the same as the ledger tells, and no more."""

from dataclasses import replace

from builders import accepted, replied
from sqlalchemy import update

from compare import brief, ledger
from compare.brief import Brief
from compare.comparison import Attribution, Comparison, Flag, Performance, Severity
from mirror.exchange import Leg
from mirror.journal import exchanges
from mirror.journal.exchanges import Exchange

PLACE = ("clinic", "chat", 3)
GOOD = Comparison(
    exchange_id="",
    attribution=Attribution.BOTH_ANSWERED,
    equivalence=0.75,
    noise_floor=0.875,
    missing="",
    flags=(),
    signals={"f1": 0.5, "judge_primary": 0.25},
    performance=Performance(),
    comparators="text-1 words",
)


def recorded(conn, sealer, number, **changes):
    accept = accepted(number, streaming=number % 2 == 0, stage="canary", epoch=3)
    legs = {
        Leg.SERVED: replied(number, total_us=900, first_token_us=90),
        Leg.SHADOW: replied(number, Leg.SHADOW, total_us=800, first_token_us=80),
    }
    exchanges.record_accept(conn, accept, sealer)
    made = replace(GOOD, exchange_id=accept.id, **changes)
    ledger.record(conn, Exchange(accept, legs), made, sealer, 77 + number)


def filled(store, sealer):
    with store.write() as conn:
        recorded(conn, sealer, 1)
        flags = (Flag("DOSE", Severity.FAIL, "5 mg"), Flag("LONG", Severity.INFO, "3 words"))
        recorded(conn, sealer, 2, flags=flags, equivalence=0.0)
        left = {"equivalence": None, "noise_floor": None, "signals": {}}
        recorded(conn, sealer, 3, attribution=Attribution.CLIENT_LEFT, **left)
        recorded(conn, sealer, 4, unpaired="consent", comparators="text-2 words")


def test_it_is_what_the_ledger_tells_but_for_signals_that_nobody_asked_for(store, sealer):
    filled(store, sealer)
    with store.read() as conn:
        found = brief.since(conn, PLACE, 0, 10, ["judge_primary", "audio_s"])
        rows = ledger.since(conn, *PLACE, 0, 10)
    assert len(found) == len(rows) == 4
    for one, row in zip(found, rows, strict=True):
        told = {name: getattr(row, name) for name in Brief._fields}
        told["signals"] = {
            name: row.signals[name] for name in ("judge_primary",) if name in row.signals
        }
        assert one._asdict() == told
    assert [one.fail_codes for one in found] == [(), ("DOSE",), (), ()]


def test_it_goes_on_behind_a_number_and_takes_no_more_than_is_asked(store, sealer):
    filled(store, sealer)
    with store.read() as conn:
        first, second = brief.since(conn, PLACE, 0, 2, ())
        rest = brief.since(conn, PLACE, second.number, 10, ())
        elsewhere = [
            brief.since(conn, place, 0, 10, ())
            for place in (("other", "chat", 3), ("clinic", "audio", 3), ("clinic", "chat", 2))
        ]
    assert first.number < second.number < rest[0].number
    assert (len(rest), elsewhere) == (2, [[], [], []])


def test_what_is_no_score_in_a_store_is_read_as_none(store, sealer):
    filled(store, sealer)
    table = ledger.comparisons
    with store.write() as conn:
        conn.execute(update(table).values(equivalence=float("inf"), noise_floor=7.0))
        found = brief.since(conn, PLACE, 0, 10, ())
    assert {(one.equivalence, one.noise_floor) for one in found} == {(None, None)}
