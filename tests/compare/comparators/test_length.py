import pytest

from compare.comparators.length import length
from compare.comparison import Pair, Severity


@pytest.mark.parametrize(
    ("primary", "candidate", "flagged"),
    [(90, 60, False), (90, 20, True), (20, 90, True), (30, 3, False), (0, 0, False)],
)
def test_a_much_shorter_or_longer_answer_is_for_review(primary, candidate, flagged):
    found = length(Pair("chat", "", "word " * primary, "word " * candidate))
    assert [flag.code for flag in found.flags] == ["LENGTH_RATIO"] * flagged
    assert all(flag.severity is Severity.REVIEW for flag in found.flags)
    longest = max(primary, candidate)
    assert found.signals["length_ratio"] == (
        min(primary, candidate) / longest if longest else 1
    )
