"""The demo's policy: three clinics, the cloud, a clinic's own server, and the GPU server to move to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import HttpUrl

from cutover.rehearsal.chapters import Chapter
from cutover.rehearsal.policy import Cast, Wire, staged
from policies.policy import (
    Cloud,
    Identity,
    Location,
    Policy,
    Rollout,
    Route,
    Target,
    Tenant,
    Upstream,
)
from policies.prices import ANY_MODEL, Price

CLOUD, OWN, GPU = "openai", "clinic-server", "gpu-server"
ELSEWHERE = "cloud-elsewhere"
"""A cloud upstream that no clinic uses: whoever connected to it would have left the clinics' rules."""

CLOUDS = Price(input=2.5, output=10)
"""What the demo's cloud takes for a million tokens, in US dollars: as clouds do for a model of that size."""


def clinics(
    example: Policy,
    chapters: Iterable[Chapter],
    *,
    cast: Cast,
    wire: Wire,
    urls: Mapping[str, str],
) -> Policy:
    """`example`'s terms for the clinics of the demo. `urls` are base URLs by upstream."""
    clinics = tuple(chapters)
    bare = example.model_copy(
        update={
            "deployment": "demo",
            "upstreams": {
                name: Upstream(base_url=HttpUrl(urls[name]), location=where, models=("any",))
                for name, where in (
                    (CLOUD, Location.CLOUD),
                    (OWN, Location.ONPREM),
                    (GPU, Location.ONPREM),
                )
            },
            "tenants": {one.tenant: _tenant(one) for one in clinics},
            "rollouts": tuple(_rollout(one, route) for one in clinics for route in wire.routes),
        }
    )
    played = staged(bare, cast=cast, wire=wire, base_url=lambda name, _: urls[name])
    listener = Upstream(
        base_url=HttpUrl(urls[ELSEWHERE]), location=Location.CLOUD, models=("any",)
    )
    upstreams = {**played.upstreams, ELSEWHERE: listener}
    upstreams[CLOUD] = upstreams[CLOUD].model_copy(update={"prices": {ANY_MODEL: CLOUDS}})
    return played.model_copy(update={"upstreams": upstreams})


def _tenant(chapter: Chapter) -> Tenant:
    cloud = Cloud.FORBIDDEN if chapter.forbids_cloud else Cloud.ALLOWED
    return Tenant(identify=Identity(header=chapter.tenant), cloud=cloud, reask=True)


def _rollout(chapter: Chapter, route: str) -> Rollout:
    return Rollout(
        tenant=chapter.tenant,
        route=Route(route),
        primary=Target(upstream=OWN if chapter.forbids_cloud else CLOUD, model="any"),
        candidate=Target(upstream=GPU, model="any"),
    )
