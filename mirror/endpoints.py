"""Where the upstreams of a policy are reached, and which of them are the cloud's."""

from __future__ import annotations

import httpx
from pydantic import HttpUrl

from mirror.guard import Endpoint
from policies.policy import Location, Policy, Upstream


def endpoint(upstream: Upstream) -> Endpoint:
    """The host and port an upstream is reached at."""
    return place(upstream.base_url)


def place(address: HttpUrl) -> Endpoint:
    """The host and port of an address."""
    url = httpx.URL(str(address))
    return url.host, url.port or (443 if url.scheme == "https" else 80)


def cloud_upstreams(policy: Policy) -> frozenset[str]:
    """Upstreams in the cloud, and any that share a host and port with one: fail closed."""
    endpoints = {
        endpoint(upstream)
        for upstream in policy.upstreams.values()
        if upstream.location is Location.CLOUD
    }
    return frozenset(
        name for name, upstream in policy.upstreams.items() if endpoint(upstream) in endpoints
    )
