"""Whom a review wakes up: nobody while all is whole."""

import pytest

from cutover.review.alarm import heard
from cutover.review.outcome import Outcome
from policies.notify import Happening


@pytest.mark.parametrize("before", ["", *Outcome])
@pytest.mark.parametrize("found", [one for one in Outcome if one is not Outcome.WHOLE])
def test_whatever_is_not_whole_is_an_alarm_each_night(found, before):
    kind, what, to_do = heard({"found": found.value, "before": before})
    assert kind is Happening.ALARM
    assert "event log" in what and "crossfade fsck" in to_do


@pytest.mark.parametrize("before", ["", *Outcome])
def test_a_whole_log_is_told_once_after_one_that_was_not(before):
    told = heard({"found": "whole", "before": before})
    if before in {"", "whole"}:
        assert told is None
    else:
        assert told == (Happening.RECOVERED, "the review found the event log whole again", "")
