"""Seconds to a rollback by evidence alone: an outage is seen while its conversations are open."""

import math

import pytest

from bench.rollouts import outage


@pytest.mark.parametrize("bad", list(outage.BAD))
def test_what_is_bad_is_seen_within_seconds(bad):
    assert outage.seconds(bad, 1) <= 20


def test_what_is_good_is_not(monkeypatch):
    monkeypatch.setattr(outage, "MOST_S", 30)
    assert outage.seconds("", 1) == math.inf
