"""Faults of the pages of metrics: an address in the cloud or with a secret, signals of nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policies.fault import Place
from policies.policy import Location, Upstream
from policies.servers import MetricsPage
from policies.upstreams import is_cloud


def scraping_faults(upstreams: Mapping[str, Upstream]) -> Iterator[tuple[Place, str]]:
    """Every fault of the pages. No message repeats a password."""
    clouds = {
        (one.base_url.host, one.base_url.port)
        for one in upstreams.values()
        if one.location is Location.CLOUD
    }
    for name, upstream in upstreams.items():
        place: Place = ("upstreams", name, "metrics")
        if upstream.metrics and upstream.location is Location.CLOUD:
            yield place, "only servers with `location: onprem` are asked for their metrics"
        if not upstream.metrics and "signals" in upstream.model_fields_set:
            yield ("upstreams", name, "signals"), "has no effect without `metrics`; add a page"
        seen = set[str]()
        for at, page in enumerate(upstream.metrics):
            for message in _page(page, clouds):
                yield (*place, at, "url"), message
            if page.name in seen:
                yield (*place, at, "url"), "is there twice, and would be counted twice"
            seen.add(page.name)


def _page(page: MetricsPage, clouds: set[tuple[str | None, int | None]]) -> Iterator[str]:
    url = page.url
    if url.username is not None or url.password is not None:
        yield "carries a user or password, and a policy is no place for one; leave it out"
    if url.query is not None or url.fragment is not None:
        yield "has a `?` or `#` part; end it with the path, as in /metrics"
    if url.path in (None, "", "/"):
        yield "has no path; most servers have their page at /metrics"
    if is_cloud(url.host or "") or (url.host, url.port) in clouds:
        yield "is in the cloud: only servers on the premises are asked for their metrics"
