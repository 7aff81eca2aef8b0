"""Where pages of metrics may not be, and signals of nothing."""

import pytest

from policies.policy import Upstream
from policies.scraping import scraping_faults


def upstream(location="onprem", url="http://gpu:8000/v1", **parts):
    return Upstream.model_validate(
        {"base_url": url, "location": location, "models": ["m"], **parts}
    )


def page(url, kind="vllm"):
    return {"url": url, "kind": kind}


def told(**upstreams):
    return [(place, message) for place, message in scraping_faults(upstreams)]


@pytest.mark.parametrize(
    "url",
    ["http://gpu:8000/metrics", "https://10.0.0.7/dcgm/metrics", "http://[::1]:9400/metrics"],
)
def test_a_page_on_the_premises_is_fine(url):
    assert told(gpu=upstream(metrics=[page(url)])) == []


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://anna:secret@gpu/metrics", "carries a user or password"),
        ("http://gpu/metrics?key=secret", "has a `?` or `#` part"),
        ("http://gpu:8000", "has no path; most servers have their page at /metrics"),
        ("https://api.openai.com/metrics", "is in the cloud"),
        ("https://far.example/metrics", "is in the cloud"),
    ],
)
def test_a_page_with_a_secret_or_in_the_cloud_is_a_fault(url, says):
    cloud = upstream("cloud", "https://far.example/v1")
    ((place, message),) = told(gpu=upstream(metrics=[page(url)]), far=cloud)
    assert place == ("upstreams", "gpu", "metrics", 0, "url")
    assert says in message and "secret" not in message


def test_an_upstream_in_the_cloud_has_no_pages():
    far = upstream("cloud", "https://far.example/v1", metrics=[page("http://gpu/metrics")])
    assert "only servers with `location: onprem`" in told(far=far)[0][1]


def test_a_page_twice_and_signals_without_pages_are_faults():
    twice = upstream(metrics=[page("http://gpu/metrics"), page("http://gpu/metrics", "dcgm")])
    assert told(gpu=twice)[0][0] == ("upstreams", "gpu", "metrics", 1, "url")
    ((place, message),) = told(gpu=upstream(signals={"queue": 5}))
    assert place == ("upstreams", "gpu", "signals") and "no effect" in message
