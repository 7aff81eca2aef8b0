"""What people are told where something went wrong."""

from __future__ import annotations

import pytest

from dashboards import remedy
from dashboards.control import Failure, Trouble


@pytest.mark.parametrize(
    ("trouble", "doing", "step"),
    [
        (Trouble.DOWN, False, "asked for again every few seconds"),
        (Trouble.DOWN, True, "before you do it again"),
        (Trouble.MISSING, False, "the board has all that there are"),
        (Trouble.REFUSED, True, "Nothing was done by this"),
        (Trouble.FORBIDDEN, True, "Ask somebody whose role allows it"),
    ],
)
def test_a_failure_is_told_with_the_next_step(trouble, doing, step):
    said = remedy.told(Failure(trouble, "the proposal was applied already"), doing=doing)
    assert said.startswith("the proposal was applied already. ")
    assert step in said


def test_where_the_sentence_says_the_step_nothing_is_added():
    assert remedy.told(Failure(Trouble.BROKEN, "Try again.")) == "Try again."
