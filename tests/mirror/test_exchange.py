"""The words of an exchange."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.exchange import End, Leg, Reply, Side, exchange_id


def test_each_side_has_the_other():
    assert {side.other for side in Side} == set(Side)
    assert all(side.other.other is side for side in Side)


@given(now_us=st.integers(0, 2**47 * 1000), randomness=st.binary(min_size=10, max_size=16))
def test_an_id_is_a_uuid_of_version_seven_that_tells_its_time(now_us, randomness):
    found = uuid.UUID(exchange_id(now_us, randomness))
    assert (found.version, found.variant) == (7, uuid.RFC_4122)
    assert found.int >> 80 == now_us // 1000


@given(st.lists(st.integers(0, 2**47 * 1000), min_size=2), st.binary(min_size=10, max_size=10))
def test_ids_sort_by_time(times, randomness):
    ids = [exchange_id(time, randomness) for time in sorted(times)]
    assert ids == sorted(ids)


@pytest.mark.parametrize("end", End)
def test_only_a_complete_reply_is_an_answer(end):
    reply = Reply("x", Leg.SERVED, Side.PRIMARY, "up", "cloud", "m", sent_us=1, end=end)
    assert reply.answered is (end is End.COMPLETE)
