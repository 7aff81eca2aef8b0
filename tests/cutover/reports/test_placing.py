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
