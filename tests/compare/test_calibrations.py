import pytest
from builders import accepted
from sqlalchemy.exc import IntegrityError

from compare import calibrations
from compare.noise import Calibration, Cell, Estimate, Measured, Sample
from mirror.journal import exchanges

CELL = Cell("minilm", "en", "short")
KEY = ("clinic", "chat")
SAMPLE = Sample(CELL, {"f1": 0.9}, {"f1": 0.2})


def taken(floor):
    return Calibration((Measured(CELL, 9, 8, {"f1": Estimate(0.1, floor, 0.0)}),))


def test_samples_come_back_newest_first_and_of_their_rollout_alone(store, sealer):
    other = Sample(CELL, {"f1": 0.8}, {})
    with store.write() as conn:
        for number, (tenant, sample) in enumerate(
            [("clinic", SAMPLE), ("hospital", SAMPLE), ("clinic", other)]
        ):
            accept = accepted(number, tenant=tenant)
            exchanges.record_accept(conn, accept, sealer)
            calibrations.add(conn, accept.id, (tenant, "chat"), sample)
        assert calibrations.of(conn, *KEY) == [other, SAMPLE]
        assert calibrations.of(conn, "clinic", "reason") == []


def test_an_exchange_tells_once(store, sealer):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), sealer)
        calibrations.add(conn, accepted(1).id, KEY, SAMPLE)
    with pytest.raises(IntegrityError), store.write() as conn:
        calibrations.add(conn, accepted(1).id, KEY, SAMPLE)


def test_the_latest_calibration_of_each_rollout_is_in_force(store):
    with store.write() as conn:
        assert (calibrations.newest(conn), calibrations.in_force(conn)) == (0, {})
        for at_us, (key, floor) in enumerate(
            [(KEY, 0.7), (("hospital", "chat"), 0.8), (KEY, 0.9)]
        ):
            calibrations.keep(conn, key, taken(floor), at_us)
        assert calibrations.newest(conn) == 3
        assert calibrations.in_force(conn) == {
            KEY: taken(0.9),
            ("hospital", "chat"): taken(0.8),
        }
