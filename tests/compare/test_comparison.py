import pytest

from compare.comparison import (
    Attribution,
    Comparison,
    Flag,
    Performance,
    Severity,
    score_of,
)


@pytest.mark.parametrize(
    ("severities", "failed"),
    [((), False), (("review", "info"), False), (("review", "fail"), True)],
)
def test_a_comparison_failed_with_a_flag_of_severity_fail(severities, failed):
    flags = tuple(Flag("CODE", Severity(severity), "words") for severity in severities)
    comparison = Comparison(
        "e1", Attribution.BOTH_ANSWERED, 1.0, None, "", flags, {}, Performance(), "text"
    )
    assert comparison.failed is failed


@pytest.mark.parametrize(
    ("found", "score"),
    [
        (0.0, 0.0),
        (0.7, 0.7),
        (1.0, 1.0),
        (1.0 + 1e-9, 1.0),
        (-1e-9, 0.0),
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
        (float("-inf"), None),
        (1.5, None),
        (-0.5, None),
    ],
)
def test_what_is_no_score_tells_nothing(found, score):
    assert score_of(found) == score
