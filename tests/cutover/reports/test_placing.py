"""Between which signatures an event was recorded, and whether the time that it tells can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.reports.placing import SLACK_US, Signed, Span

LOG = Signed((2, 3, 5), (200, 150, 500))


@pytest.mark.parametrize(
    ("seq", "span"),
    [
        (1, (0, 200)),
        (2, (0, 200)),
        (3, (200, 150)),
        (4, (150, 500)),
        (5, (150, 500)),
        (6, (0, 0)),
    ],
)
def test_each_event_lies_between_the_signatures_around_it(seq, span):
    assert LOG.around(seq) == Span(*span)
    assert Signed().around(seq) == Span()


def test_a_time_within_the_slack_is_neither_ahead_nor_behind():
    span = Span(10 * SLACK_US, 11 * SLACK_US)
    for minute, ahead, behind in ((8, False, True), (9, False, False), (12, False, False), (13, True, False)):  # fmt: skip
        assert (span.is_ahead(minute * SLACK_US), span.is_behind(minute * SLACK_US)) == (ahead, behind)  # fmt: skip


def test_it_is_told_by_both_ends_or_by_the_one_that_is_known():
    assert Span(0, 1_000_000).told == "recorded before 1970-01-01T00:00:01.000000Z"
    assert Span(1, 1_000_000).told.startswith(
        "recorded between 1970-01-01T00:00:00.000001Z and "
    )


@given(st.integers(0, 2**53), st.integers(0, 2**53))
def test_what_is_not_signed_is_never_in_doubt(seq, at_us):
    span = Signed().around(seq)
    assert not (span.is_ahead(at_us) or span.is_behind(at_us))


MINUTE_US, OF_2096_US, FROM_US = SLACK_US, 4_000_000_000_000_000, 1_795_000_000_000_000


def placed(signed, times):
    """The numbers of events that tell these times, by number from 1 on, in the order in which they stand."""
    told = [{"seq": seq, "at_us": at_us} for seq, at_us in enumerate(times, start=1)]
    for order in (told, told[::-1], sorted(told, key=lambda one: one["at_us"])):
        places = signed.places(order)
        assert [seq for _, seq in places] == [one["seq"] for one in order]
    return [seq for _, seq in sorted(places)]


@pytest.mark.parametrize("wrong_us", [7, OF_2096_US])
@pytest.mark.parametrize("apart", [-40, -1, 0, 1, 40])
def test_what_a_wrong_clock_stamped_overtakes_nothing_that_was_recorded_behind_it(
    wrong_us, apart
):
    """However the clocks of signer and writers differ, by `apart` seconds, within the slack."""
    signed = Signed((1, 4), (FROM_US, FROM_US + MINUTE_US))
    first_us = FROM_US + apart * 1_000_000
    for recorded in (1, 20, 59):
        right_us = first_us + recorded * 1_000_000
        assert placed(signed, [first_us, wrong_us, right_us, right_us + 1]) == [1, 2, 3, 4]
        assert placed(signed, [first_us, right_us, wrong_us, right_us + 1]) == [1, 2, 3, 4]
        assert placed(signed, [first_us, right_us, right_us + 1, wrong_us]) == [1, 2, 3, 4]


def test_of_two_of_wrong_clocks_the_one_recorded_first_stands_first_whatever_times_they_tell():
    signed = Signed((1, 4), (FROM_US, FROM_US + MINUTE_US))
    for two in ((OF_2096_US, OF_2096_US - 1), (OF_2096_US, 7), (7, OF_2096_US), (7, 6)):
        assert placed(signed, [FROM_US, *two]) == [1, 2, 3]
        assert placed(signed, [FROM_US, *two, FROM_US + 1]) == [1, 2, 3, 4]


def test_it_stands_where_its_signature_is_where_nothing_says_that_it_was_earlier():
    signed = Signed((1, 2, 3), (FROM_US, FROM_US + MINUTE_US, FROM_US + 2 * MINUTE_US))
    told = [{"seq": seq, "at_us": at_us} for seq, at_us in ((2, OF_2096_US), (3, FROM_US + 2 * MINUTE_US - 1))]  # fmt: skip
    assert signed.places(told)[0] == (FROM_US + MINUTE_US, 2)


def test_a_time_that_cannot_be_beside_its_signatures_moves_no_other_event():
    signed = Signed((1, 3), (FROM_US, FROM_US + MINUTE_US))
    not_signed = {"seq": 4, "at_us": 7}
    told = [{"seq": 2, "at_us": OF_2096_US}, {"seq": 3, "at_us": OF_2096_US}, not_signed]
    assert [at_us for at_us, _ in signed.places(told)] == [FROM_US + MINUTE_US] * 2 + [7]
    of_a_signer_gone_wrong = Signed((1, 2, 3), (FROM_US, OF_2096_US, FROM_US + MINUTE_US))
    told = [{"seq": 2, "at_us": OF_2096_US}, {"seq": 3, "at_us": FROM_US + 1}]
    assert of_a_signer_gone_wrong.places(told)[1] == (FROM_US + MINUTE_US, 3)


WRITTEN = st.lists(
    st.tuples(
        st.integers(1, 200),
        st.one_of(st.none(), st.integers(2, 10**6), st.integers(-(10**6), -2)),
        st.booleans(),
    ),
    max_size=20,
)
"""Seconds since the event before, by how many minutes its clock is wrong if at all, and whether it is signed at once."""


@given(WRITTEN, st.integers(-30, 30))
def test_where_right_clocks_differ_by_the_same_each_event_stands_where_it_was_recorded(
    written, apart
):
    now_us, sizes, moments = FROM_US, [1], [FROM_US]
    times = [FROM_US + apart * 1_000_000]
    for seconds, wrong, is_signed in written:
        now_us += seconds * 1_000_000
        off_us = apart * 1_000_000 if wrong is None else wrong * 1000 * MINUTE_US
        times.append(now_us + off_us)
        if is_signed:
            sizes.append(len(times))
            moments.append(now_us)
    signed = Signed((*sizes, len(times)), (*moments, now_us))
    assert placed(signed, times) == list(range(1, len(times) + 1))


@given(st.lists(st.tuples(st.integers(0, 2**53), st.integers(0, 2**53))))
def test_where_no_time_is_off_each_event_stands_at_the_time_that_it_tells(told):
    events = [{"seq": seq, "at_us": at_us} for seq, at_us in told]
    assert Signed().places(events) == [(at_us, seq) for seq, at_us in told]
    assert list(Signed().said(events)) == []


def test_a_clock_ahead_was_wrong_and_what_tells_a_time_long_past_may_have_come_late():
    signed = Signed((1, 3), (FROM_US, FROM_US + MINUTE_US))
    ahead, late = {"seq": 2, "at_us": OF_2096_US}, {"seq": 3, "at_us": 7}
    first, second = signed.said([ahead, late, {"seq": 3, "at_us": FROM_US}])
    assert first.startswith("1 event of a time out") and first.endswith("of a wrong clock")
    assert second.startswith("1 event of a time long past")
    assert second.endswith("a clock was wrong, or it came late")
    assert list(signed.said([late])) == [second]
