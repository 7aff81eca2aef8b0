"""How the words of streams came."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.pace import STALL_TIMES, STALL_US, Pace, Pacer, bounds_of, bucket_of, retold

GAPS = st.lists(st.integers(0, 20_000_000), min_size=1, max_size=60)


def paced(gaps, first_us=100_000):
    """The pace of a stream with these gaps between its events, and a reader who never waits."""
    pacer, at_us = Pacer(), first_us
    pacer.note(at_us, at_us, 1)
    for number, gap in enumerate(gaps, start=2):
        at_us += gap
        pacer.note(at_us, at_us, number)
    return pacer.pace


@given(us=st.integers(0, 1 << 40))
def test_a_gap_is_known_to_an_eighth_of_it(us):
    low, high = bounds_of(bucket_of(us))
    assert low <= min(us, (1 << 40) - 1) <= high
    assert high - low <= low / 8


@given(a=st.integers(0, 1 << 41), b=st.integers(0, 1 << 41))
def test_longer_gaps_have_higher_buckets(a, b):
    assert (bucket_of(a) <= bucket_of(b)) or a > b


@given(gaps=GAPS)
def test_a_stream_that_is_read_at_once_is_its_gaps(gaps):
    pace = paced(gaps)
    assert (pace.events, pace.last_us) == (len(gaps) + 1, 100_000 + sum(gaps))
    assert (pace.longest_us, pace.held_us) == (max(gaps), 0)
    assert sum(count for _, count in pace.gaps) == len(gaps)


@given(gaps=GAPS, share=st.floats(0.01, 1))
def test_a_quantile_is_known_to_a_sixteenth(gaps, share):
    exact = sorted(gaps)[max(0, -(-round(share * len(gaps) * 1e9) // 10**9) - 1)]
    found = paced(gaps).quantile_us(share)
    low, high = bounds_of(bucket_of(exact))
    assert low - 1 <= found <= high + 1


@given(gaps=GAPS)
def test_stalls_are_the_gaps_beyond_a_second_and_ten_medians(gaps):
    pace = paced(gaps)
    middle = sorted(gaps)[(len(gaps) - 1) // 2]
    surely = sum(gap > 1.2 * max(STALL_US, STALL_TIMES * middle) for gap in gaps)
    perhaps = sum(gap > max(STALL_US, STALL_TIMES * middle) / 1.2 for gap in gaps)
    assert surely <= pace.stalls <= perhaps


@pytest.mark.parametrize(
    ("gaps", "stalls"),
    [
        ([20_000] * 30, 0),
        ([20_000] * 30 + [900_000], 0),
        ([20_000] * 30 + [1_000_001], 1),
        ([20_000] * 30 + [1_500_000, 4_000_000], 2),
        ([300_000] * 30 + [2_000_000], 0),  # not ten times the median
        ([300_000] * 30 + [4_000_000], 1),
        ([], 0),
    ],
)
def test_when_a_pause_is_a_stall(gaps, stalls):
    assert paced(gaps).stalls == stalls


def test_a_reader_that_is_slow_is_no_pause_of_the_upstreams():
    pacer = Pacer()
    pacer.note(100, 110, 1)
    pacer.note(200, 5_000_200, 2)  # the client took five seconds
    pacer.note(5_000_300, 5_000_310, 3)
    pace = pacer.pace
    assert (pace.longest_us, pace.stalls, pace.held_us) == (100, 0, 10 + 5_000_000 + 10)


def test_bytes_without_words_are_no_token_and_end_no_gap():
    pacer = Pacer()
    pacer.note(50, 50, 0)  # the role alone
    assert (pacer.first_byte_us, pacer.first_token_us, pacer.pace) == (50, None, None)
    pacer.note(100, 100, 1)
    pacer.note(2_000_000, 2_000_000, 1)  # a comment
    pacer.note(3_000_100, 3_000_100, 2)
    assert pacer.pace.longest_us == 3_000_000
    assert (pacer.pace.events, pacer.first_token_us) == (2, 100)


def test_events_that_come_together_have_no_gap_between_them():
    pacer = Pacer()
    pacer.note(100, 100, 3)
    pacer.note(400, 400, 5)
    assert pacer.pace == Pace(5, 400, 300, 0, ((0, 3), (bucket_of(300), 1)))


@given(gaps=GAPS)
def test_a_pace_is_the_same_after_it_was_kept(gaps):
    assert retold(paced(gaps).told()) == paced(gaps)


def test_a_reply_without_words_has_no_pace():
    assert retold("") is None


@given(gaps=st.lists(st.integers(0, 1 << 45), max_size=300))
def test_what_is_kept_does_not_grow_with_the_stream(gaps):
    assert len(paced(gaps).gaps) <= 41 * 8


def test_every_bucket_begins_where_the_one_before_ends():
    bounds = [bounds_of(bucket) for bucket in range(300)]
    assert all(high + 1 == low for (_, high), (low, _) in pairwise(bounds))
