"""Rows of what was sent again: each once in a mirror, told as evidence that knows no speed."""

from dataclasses import replace

import pytest
from builders import REHEARSAL, REHEARSAL_RULES, scored
from rollouts import KEY, World
from sqlalchemy import text

from compare.comparison import Attribution, Comparison, Flag, Severity
from compare.performance import Performance
from cutover.evidence import badness
from cutover.evidence.observation import observe
from cutover.evidence.tally import Account
from cutover.resend import resent
from cutover.stages import Stage
from mirror.journal import exchanges
from mirror.journal.store import Store, StoreError
from policies.coverage import Coverage, Stratum


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


FOUND = Comparison(
    exchange_id="", attribution=Attribution.BOTH_ANSWERED, equivalence=0.9, noise_floor=0.8, missing="",
    flags=(Flag("DOSE_CONFLICT", Severity.FAIL, "5 mg"), Flag("LENGTH", Severity.INFO, "")),
    signals={"length_ratio": 1.0, "schema_primary": 1.0}, performance=Performance(), comparators="test",
)  # fmt: skip


def kept(world, id, epoch=3):
    with world.store.write() as conn:
        accept = exchanges.load(conn, id, world.sealer).accept
        return resent.record(conn, accept, epoch, world.clock(), FOUND, "k")


def test_a_row_is_written_once_in_a_mirror_and_once_more_in_the_next(world):
    id = world.exchange(session="talk")
    assert [kept(world, id), kept(world, id), kept(world, id, 4)] == [True, False, True]
    assert len(world.events("prompt.resent")) == 2
    with world.store.read() as conn:
        (one,) = resent.since(conn, KEY, 3, 0)
        assert resent.since(conn, KEY, 3, one.number) == []
        assert resent.sessions(conn, KEY, 3) == 1
        assert resent.requests_since(conn, KEY, world.clock()) == 2
        assert resent.requests_since(conn, KEY, world.clock() + 1) == 0
    assert (one.session, one.fail_codes) == ("resent:talk", ("DOSE_CONFLICT",))
    assert one.signals == {"schema_primary": 1.0}
    assert (one.equivalence, one.noise_floor, one.at_us) == (0.9, 0.8, world.clock())


@pytest.mark.parametrize("store_on", ["postgresql"], indirect=True)
def test_no_lower_number_comes_after_a_higher(store, home, monkeypatch):
    monkeypatch.setattr(resent.events, "append", lambda *_, **__: None)  # it has its own order
    world = World(store, home)
    world.tick()
    with store.read() as conn:
        first, second = (
            exchanges.load(conn, world.exchange(), world.sealer).accept for _ in range(2)
        )

    def record(conn, accept):
        return resent.record(conn, accept, 3, world.clock(), FOUND, "k")

    with store.write() as conn:
        record(conn, first)
        with pytest.raises(StoreError, match="lock timeout"), store.write() as other:
            other.execute(text("SET LOCAL lock_timeout = '50ms'"))
            record(other, second)
    with store.write() as conn:
        assert record(conn, second)


SLOW = {"streaming": True, "candidate_us": 9_000_000, "candidate_first_token_us": 9_000_000}


def test_a_session_of_stored_requests_tells_nothing_of_speed_or_errors():
    rows = [
        scored(0, resent=True, **SLOW),
        scored(1, resent=True, attribution="candidate_failed"),
    ]
    found = badness.of(REHEARSAL_RULES, rows)
    assert set(found) == {"equivalence", "flags", "severe"}
    assert found["flags"] == 0.5
    session = observe(REHEARSAL_RULES, "s", 0, rows, set())
    assert (session.resent, session.late, session.fresh) == (True, 0, 2)


def test_beside_clients_sessions_they_move_neither_the_clock_nor_the_count():
    rows = [scored(n) for n in range(5)]
    late = [replace(scored(n, session=f"resent:{n}"), resent=True) for n in range(100, 104)]
    whole_day = Coverage(hours=24, zone="UTC", strata=(Stratum(name="day"),))
    rules = replace(REHEARSAL_RULES, terms=REHEARSAL.model_copy(update={"coverage": whole_day}))
    plain, both = (Account.begin(rules, Stage.MIRROR) for _ in range(2))
    plain.take(rows)
    both.take([*rows, *late])
    without, found = (one.look([], 10**15).closed for one in (plain, both))
    assert (found.sessions, found.resent) == (5, 4)
    assert found.strata.each[0].sessions == 5
    same = ("first_us", "last_us", "pace", "strata")
    assert all(getattr(found, name) == getattr(without, name) for name in same)
    counted = {gate.demand.name: gate.n for gate in found.gates}
    assert (
        counted["equivalence"],
        counted["flags"],
        counted["errors"],
        counted["latency"],
    ) == (9, 9, 5, 5)
