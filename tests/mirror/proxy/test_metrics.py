"""Counters in the Prometheus text format."""

from mirror.capacity import Load
from mirror.proxy.metrics import Metrics, load_samples, page
from policies.capacity import Capacity


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


def test_a_histogram_is_cumulative_with_its_sum_and_count():
    metrics = Metrics()
    for seconds in (0.01, 0.03, 500.0):
        metrics.observe("gen_ai_client_operation_duration_seconds", seconds, tenant="a")
    lines = metrics.text([]).splitlines()
    name = "gen_ai_client_operation_duration_seconds"
    assert f"# TYPE {name} histogram" in lines
    assert f'{name}_bucket{{tenant="a",le="0.01"}} 1' in lines  # a bound belongs to its bucket
    assert f'{name}_bucket{{tenant="a",le="0.02"}} 1' in lines
    assert f'{name}_bucket{{tenant="a",le="0.04"}} 2' in lines
    assert f'{name}_bucket{{tenant="a",le="81.92"}} 2' in lines
    assert f'{name}_bucket{{tenant="a",le="+Inf"}} 3' in lines
    assert f'{name}_sum{{tenant="a"}} 500.04' in lines
    assert f'{name}_count{{tenant="a"}} 3' in lines


def test_there_are_never_more_series_than_a_server_can_take(monkeypatch):
    monkeypatch.setattr("mirror.proxy.metrics.MOST_SERIES", 10)
    metrics = Metrics()
    for number in range(100):
        metrics.observe("gen_ai_client_token_usage", 1, tenant=f"t{number}", side="primary")
    series = metrics.histograms["gen_ai_client_token_usage"]
    assert len(series) == 11
    assert sum(series[("tenant", "other"), ("side", "other")].buckets) == 90


def test_large_counters_keep_every_digit():
    metrics = Metrics()
    metrics.counts["crossfade_requests_total", ()] = 123_456_789
    assert "crossfade_requests_total 123456789" in metrics.text([])


def test_clients_are_counted_under_a_cap_alone_and_copies_everywhere():
    load = Load((3, 2, 1), (1, 0), 5)
    (copies,) = load_samples("gpu", load, Capacity())
    assert copies == (
        "crossfade_upstream_in_flight",
        (("upstream", "gpu"), ("class", "copy")),
        1,
    )
    samples = load_samples("gpu", load, Capacity(in_flight=8))
    assert [
        (name.removeprefix("crossfade_upstream_"), value) for name, _, value in samples
    ] == [
        ("in_flight", 3),
        ("in_flight", 2),
        ("in_flight", 1),
        ("waiting", 1),
        ("waiting", 0),
        ("cap", 8),
    ]


def test_a_page_has_every_type_and_its_samples_below():
    types = {"a_total": ("counter", "Of a."), "b": ("gauge", "Of b.")}
    told = page(types, [("b", (("of", 'x"'),), 1.5), ("unknown", (), 1)])
    assert told == (
        "# HELP a_total Of a.\n# TYPE a_total counter\n"
        '# HELP b Of b.\n# TYPE b gauge\nb{of="x\\""} 1.5\n'
    )
