"""What is remembered of one rollout."""

from builders import rollout

from cutover.file import File
from cutover.history import Saved
from cutover.views import NOT_JUDGED


def test_of_a_rollout_that_was_not_looked_at_nothing_is_claimed():
    saved = Saved(rollout(), 1)
    file = File(None, saved)
    assert file.rollout is saved.rollout
    assert (file.told, file.promotes, file.reasks.burst_done) == (NOT_JUDGED, False, False)
    assert not file.unwritten
    assert file.unwritten is not File(None, saved).unwritten
