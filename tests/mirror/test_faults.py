"""Exceptions of a network as ends of a leg."""

from mirror.exchange import End
from mirror.faults import AtCapacity, failure
from mirror.guard import EgressBlocked


def test_what_was_blocked_says_so_and_what_is_ours_quotes_nothing():
    assert failure(EgressBlocked("no upstream")) == (End.BLOCKED, "no upstream")
    assert failure(AtCapacity("full")) == (End.AT_CAPACITY, "full")
    end, error = failure(ValueError("Bearer secret"))
    assert end is End.BROKEN and "secret" not in error
