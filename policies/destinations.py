"""Faults of the destinations of notices: clouds called on-premises, tenants that nobody may be told of."""

from __future__ import annotations

from collections.abc import Iterator

from policies.explain import suggestion
from policies.fault import Place, listed
from policies.notify import Destination
from policies.policy import Cloud, Location, Policy
from policies.upstreams import is_cloud

_MESSENGERS = (
    "slack.com",
    "office.com",
    "office365.com",
    "outlook.com",
    "azure.com",
    "microsoft.com",
    "powerplatform.com",
    "gmail.com",
    "google.com",
    "telegram.org",
    "discord.com",
    "pagerduty.com",
    "opsgenie.com",
    "ntfy.sh",
)


def destination_faults(policy: Policy) -> Iterator[tuple[Place, str]]:
    """Every fault of `notify`. No message repeats an address, which only the environment knows."""
    keys = {one.credential.env: name for name, one in policy.upstreams.items()}
    first: dict[str, int] = {}
    for at, one in enumerate(policy.notify):
        place: Place = ("notify", at)
        earlier = first.setdefault(one.to, at)
        if earlier != at:
            yield (
                (*place, "to"),
                f"`{one.to}` is notify[{earlier}]'s already; put both into one entry, or give the "
                "second a variable of its own",
            )
        if one.to in keys:
            yield (*place, "to"), f"`{one.to}` holds the key of upstream `{keys[one.to]}`"
        if one.page is not None and one.page.username is not None:
            yield (*place, "page"), "carries a user or password; links need none"
        yield from _hosts(policy, one, place)
        yield from _tenants(policy, one, place)


def _hosts(policy: Policy, one: Destination, place: Place) -> Iterator[tuple[Place, str]]:
    clouds = {
        f"{up.base_url.host}:{up.base_url.port}"
        for up in policy.upstreams.values()
        if up.location is Location.CLOUD
    }
    for at, written in enumerate(one.hosts):
        host, _, port = written.rpartition(":")
        host = host.strip("[]")
        if not 1 <= int(port) <= 65_535:
            yield (*place, "hosts", at), f"`{port}` is no port; it is from 1 to 65535"
        if one.location == "onprem" and (_is_messenger(host) or written in clouds):
            yield (
                (*place, "hosts", at),
                f"`{host}` is a cloud service; its destination needs `location: cloud`",
            )


def _tenants(policy: Policy, one: Destination, place: Place) -> Iterator[tuple[Place, str]]:
    for at, name in enumerate(one.tenants):
        if name not in policy.tenants:
            known = listed(policy.tenants)
            hint = suggestion(name, policy.tenants) or ";"
            yield (
                (*place, "tenants", at),
                f"there is no tenant `{name}`{hint} declared: {known}",
            )
        elif one.location == "cloud" and policy.tenants[name].cloud is Cloud.FORBIDDEN:
            yield (
                (*place, "tenants", at),
                f"tenant `{name}` has `cloud: forbidden`, and nothing about it is sent to a cloud; "
                "name a destination with `location: onprem`",
            )
    forbidding = [
        name for name, each in policy.tenants.items() if each.cloud is Cloud.FORBIDDEN
    ]
    silent = bool(forbidding) and len(forbidding) == len(policy.tenants)
    if one.location == "cloud" and not one.tenants and silent:
        yield (
            (*place, "location"),
            f"would be told nothing of a rollout: {listed(forbidding)} have `cloud: forbidden`; "
            "name a destination with `location: onprem`",
        )


def _is_messenger(host: str) -> bool:
    return is_cloud(host) or any(
        host == known or host.endswith(f".{known}") for known in _MESSENGERS
    )
