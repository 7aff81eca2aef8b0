"""What an exchange's scores of both sides say; what a session's come to is tested with `badness`."""

import pytest

from cutover.evidence.quality import better

JUDGED = {"judge_primary": 0.75, "judge_candidate": 0.5}
FORMED = {"schema_primary": 0.0, "schema_candidate": 1.0}


@pytest.mark.parametrize(
    ("score", "signals", "failed", "difference"),
    [
        ("judge", JUDGED, False, -0.25),
        ("severe", JUDGED, False, -0.25),
        ("schema", JUDGED, False, None),
        ("schema", FORMED, False, 1.0),
        ("judge", {"judge_candidate": 0.0}, False, -1.0),  # shown to no judge
        ("schema", {"schema_candidate": 0.0}, False, None),  # it stood alone
        ("judge", JUDGED, True, -1.0),
        ("judge", {}, True, None),
        ("judge", {"judge_primary": 0.75}, False, None),
    ],
)
def test_a_score_is_of_both_sides_or_the_worst(score, signals, failed, difference):
    assert better(score, signals, failed=failed) == difference
