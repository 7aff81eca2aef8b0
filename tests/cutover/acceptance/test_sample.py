"""A sample: an answer that never came takes for ever."""

import math

from cutover.acceptance.sample import Phase, Sample
from policies.routes import Route


def test_an_answer_that_never_came_takes_for_ever_and_writes_nothing():
    lost = Sample(Route.CHAT, "timeout", False, 1.0, 0.5)
    assert lost.waited_s == math.inf and lost.writing_s is None
    whole = Sample(Route.CHAT, "complete", True, 1.0, 0.25)
    assert (whole.waited_s, whole.writing_s) == (1.0, 0.75)
    assert Phase((lost, whole)).of(Route.REASON) == []
