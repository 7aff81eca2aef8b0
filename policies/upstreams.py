"""Faults of upstreams: addresses that carry secrets or clear text, keys in the wrong place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address

from policies.fault import Place, listed
from policies.policy import Location, Upstream
from policies.prices import ANY_MODEL

_SECRET_HEADERS = re.compile(
    r"(proxy-)?authorization|(set-)?cookie|(x-)?(api|auth|access|goog-api)[-_]?(key|token)|.*(secret|password|token)",
    re.IGNORECASE,
)
_SECRET_VALUES = re.compile(r"(bearer|basic)\s+\S|sk-\S{8}|eyJ[\w-]{8}", re.IGNORECASE)
_NEAR_NAMES = (".local", ".internal", ".lan", ".home.arpa", ".localhost", ".svc")
_CLOUDS = (
    "openai.com",
    "openai.azure.com",
    "anthropic.com",
    "googleapis.com",
    "amazonaws.com",
    "openrouter.ai",
    "mistral.ai",
    "deepseek.com",
    "groq.com",
    "together.xyz",
)


def upstream_faults(
    upstreams: Mapping[str, Upstream], environment: Mapping[str, str] | None
) -> Iterator[tuple[Place, str]]:
    """Every fault of the upstreams on their own. No message repeats a key, password or header value."""
    for name, upstream in upstreams.items():
        place: Place = ("upstreams", name)
        yield from _address(upstream, place)
        yield from _headers(upstream, place)
        yield from _identities(upstream, place)
        if environment is not None:
            yield from _credential(upstream, environment, place)


def _address(upstream: Upstream, place: Place) -> Iterator[tuple[Place, str]]:
    url, place = upstream.base_url, (*place, "base_url")
    if url.username is not None or url.password is not None:
        yield place, "carries a user or password; name a variable in `credential` instead"
    if url.query is not None or url.fragment is not None:
        yield place, "has a `?` or `#` part; end it with the version, as in /v1"
    host = url.host or ""
    if url.scheme == "http" and upstream.location is Location.CLOUD and not _near(host):
        yield place, "sends everything readable over the internet; use https://"
    if upstream.location is Location.ONPREM and is_cloud(host):
        yield place, f"`{host}` is a public cloud service; it needs `location: cloud`"


def _headers(upstream: Upstream, place: Place) -> Iterator[tuple[Place, str]]:
    for header, value in upstream.headers.items():
        if _SECRET_HEADERS.fullmatch(header) or _SECRET_VALUES.match(value):
            yield (
                (*place, "headers", header),
                "looks like a secret, and a policy is no place for one; use "
                "`credential: {mode: swap, env: NAME}` and set that variable",
            )
        elif not _is_header(header, value):
            yield (*place, "headers", header), "is not a header that can be sent on one line"


def _identities(upstream: Upstream, place: Place) -> Iterator[tuple[Place, str]]:
    known = {*upstream.models, ANY_MODEL}
    named = [("identity", model) for model in upstream.identity]
    for key, model in [*named, *(("prices", model) for model in upstream.prices)]:
        if model not in known or (key, model) == ("identity", ANY_MODEL):
            yield (
                (*place, key, model),
                f"is no model of this upstream; it declares {listed(upstream.models)}",
            )


def _credential(
    upstream: Upstream, environment: Mapping[str, str], place: Place
) -> Iterator[tuple[Place, str]]:
    name = upstream.credential.env
    if name is None or environment.get(name, "").strip():
        return
    state = "is empty" if name in environment else "is not set"
    yield (
        (*place, "credential", "env"),
        f"the environment variable {name} {state}; export it before you start crossfade",
    )


def _is_header(name: str, value: str) -> bool:
    """A field name is a token (RFC 9110, section 5.6.2); a value has no line break."""
    return bool(re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)) and value.isprintable()


def _near(host: str) -> bool:
    """Whether a host is on this machine or in a private network, as far as its name tells."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return "." not in host or host.endswith(_NEAR_NAMES)
    return address.is_private or address.is_loopback


def is_cloud(host: str) -> bool:
    """Whether a host is a well-known cloud service's."""
    return any(host == cloud or host.endswith(f".{cloud}") for cloud in _CLOUDS)
