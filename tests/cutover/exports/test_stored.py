"""A log of the store, read in small pieces."""

import pytest
from signed_logs import START_US, Logs

from cutover.exports import stored
from cutover.exports.stored import open_log


@pytest.fixture
def logs(home, store, monkeypatch):
    monkeypatch.setattr(stored, "BATCH", 7)
    logs = Logs(home, store)
    for hour in range(5):
        logs.clock.us = START_US + hour * 3_600_000_000
        logs.append(count=5)
        logs.append(count=2, type="state.transition")
        logs.step(120)
    return logs


def test_pieces_are_put_together_again(logs):
    log = open_log(logs.store, "clinic")
    assert len(list(log.bodies(1, 35))) == 35
    assert len(list(log.bodies(6, 20))) == 15
    assert len(list(log.earlier(("state.transition",), 35))) == 9
    assert len(list(log.earlier(("nothing",), 35))) == 0
    sizes = [one.size for one in log.checkpoints(0, 10**9)]
    assert sizes == sorted(set(sizes))
    assert [one.size for one in log.checkpoints(sizes[0], sizes[-2])] == sizes[1:-1]
    assert len(list(log.digests(0, 2**60))) >= 3


def test_a_span_is_the_first_after_and_the_last_before(logs):
    log = open_log(logs.store, "clinic")
    hour = 3_600_000_000
    assert log.span(0, 2**52) == (1, 35)
    assert log.span(START_US + hour, START_US + 2 * hour) == (8, 14)
    assert log.span(START_US + 100 * hour, 2**52) == (36, 35)
    assert log.span(START_US + hour + 1, START_US + hour + 2) == (15, 14)
    assert open_log(logs.store, "nobody").span(0, 2**52) == (1, 0)


def test_checkpoints_around_a_size_are_found(logs):
    log = open_log(logs.store, "clinic")
    sizes = [one.size for one in log.checkpoints(0, 10**9)]
    assert log.covering(sizes[1]).size == sizes[1]
    assert log.covering(sizes[0] + 1).size == sizes[1]
    assert log.before(sizes[1] - 1).size == sizes[0]
    assert log.before(sizes[0] - 1) is log.covering(10**9) is None
    assert len(log.public_keys()) == 1
