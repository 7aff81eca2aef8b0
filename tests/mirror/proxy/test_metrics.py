"""Counters in the Prometheus text format."""

from mirror.proxy.metrics import Metrics


def test_samples_follow_their_help_and_type():
    metrics = Metrics()
    metrics.count("crossfade_requests_total", tenant="a", side="primary")
    metrics.count("crossfade_requests_total", tenant="a", side="primary")
    metrics.in_flight = 3
    lines = metrics.text([("crossfade_table_version", (), 7.0)]).splitlines()
    at = lines.index("# TYPE crossfade_requests_total counter")
    assert lines[at - 1].startswith("# HELP crossfade_requests_total ")
    assert lines[at + 1] == 'crossfade_requests_total{tenant="a",side="primary"} 2'
    assert "crossfade_in_flight 3" in lines
    assert "crossfade_table_version 7" in lines


def test_values_that_would_break_a_line_are_escaped():
    metrics = Metrics()
    metrics.count("crossfade_refused_total", reason='a"b\\c\nd')
    assert 'reason="a\\"b\\\\c\\nd"' in metrics.text([])


def test_totals_sum_over_the_labels_that_are_not_named():
    metrics = Metrics()
    for side in ("primary", "primary", "candidate"):
        metrics.count("crossfade_requests_total", tenant="a", side=side)
    assert metrics.total("crossfade_requests_total", tenant="a") == 3
    assert metrics.total("crossfade_requests_total", side="primary") == 2
    assert metrics.total("crossfade_requests_total", tenant="b") == 0
