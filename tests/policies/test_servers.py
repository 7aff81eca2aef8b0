"""Pages of metrics and signals: their bounds, and a policy without them is written as before."""

import pytest
from builders import two_sided
from pydantic import ValidationError

from policies.servers import MetricsPage, Signals

NOWHERE = "http://127.0.0.1:9/v1"


def test_a_page_is_named_by_its_address():
    page = MetricsPage(url="http://gpu-1:8000/metrics", kind="vllm")
    assert (page.name, page.every_s) == ("http://gpu-1:8000/metrics", 5)


@pytest.mark.parametrize(
    "wrong", [{"kind": "tgi"}, {"url": "ftp://gpu/metrics"}, {"every_s": 0.1}, {"each": 5}]
)
def test_another_kind_or_pace_is_a_fault(wrong):
    with pytest.raises(ValidationError):
        MetricsPage.model_validate({"url": "http://gpu/metrics", "kind": "vllm"} | wrong)


@pytest.mark.parametrize("wrong", [{"queue": -1}, {"memory_percent": 100}, {"p95_s": 0}])
def test_a_limit_is_one_that_can_be_reached_and_kept(wrong):
    with pytest.raises(ValidationError):
        Signals.model_validate(wrong)


def test_an_upstream_that_says_nothing_of_metrics_is_written_as_before():
    written = two_sided(NOWHERE, NOWHERE).upstreams["gpu"].model_dump(mode="json")
    assert not {"metrics", "signals"} & written.keys()
