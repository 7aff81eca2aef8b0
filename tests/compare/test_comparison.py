import pytest

from compare.comparison import Attribution, Comparison, Flag, Performance, Severity


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
