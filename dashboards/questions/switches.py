"""What people have switched for a whole deployment: emergencies and drains, as sentences. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import words
from dashboards.clock import Clock
from dashboards.questions.freezes import scoped

PATH = "/v1/switches"
UNKNOWN = "Whether an emergency is on or a server is drained is not known now."


@dataclass(frozen=True, slots=True)
class Emergency:
    """Everything of a tenant and a route goes to the primary; "" stands for every one."""

    tenant: str
    route: str
    by: str
    reason: str
    at_us: int
    name: str


@dataclass(frozen=True, slots=True)
class Drain:
    """An upstream that is sent nothing; `until_us` is 0 for until it is returned."""

    upstream: str
    until_us: int
    by: str
    reason: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Switches:
    """All that are on, of the tenants that the person may read of."""

    drains: tuple[Drain, ...]
    emergencies: tuple[Emergency, ...]

    @property
    def any(self) -> bool:
        """Whether anything is switched."""
        return bool(self.drains or self.emergencies)


def emergencies(found: Switches, now_us: int, clock: Clock) -> list[str]:
    """What each emergency does, since when, by whom and why."""
    return [
        f"Emergency {one.name}: everything{_whose(one)} goes to the primary, and nothing is widened. "
        f"{_switched(one, now_us, clock)}"
        for one in found.emergencies
    ]


def drains(found: Switches, now_us: int, clock: Clock) -> list[str]:
    """Which servers are sent nothing and until when, since when, by whom and why."""
    return [
        f"{one.upstream} is drained until {clock.when(one.until_us) if one.until_us else 'it is returned'}: "
        f"it is sent nothing. {_switched(one, now_us, clock)}"
        for one in found.drains
    ]


def _whose(one: Emergency) -> str:
    return f" of {scoped(one.tenant, one.route)}" if one.tenant or one.route else ""


def _switched(one: Emergency | Drain, now_us: int, clock: Clock) -> str:
    since = f"Since {clock.when(one.at_us)}, {words.duration(now_us - one.at_us)}"
    return f"{since}, by {one.by}: {one.reason}"
