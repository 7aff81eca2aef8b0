"""Which answers people reported, and what that holds. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.clock import Clock

PATH = "/v1/incidents"


@dataclass(frozen=True, slots=True)
class Incident:
    """One report. `upstream` and `model` are the candidate's then, "" where there was none; `closed_us` 0 while open."""

    id: int
    exchange_id: str
    tenant: str
    route: str
    upstream: str
    model: str
    by: str
    reason: str
    at_us: int
    closed_by: str = ""
    closed_reason: str = ""
    closed_us: int = 0


@dataclass(frozen=True, slots=True)
class Incidents:
    """The latest incidents, open and closed."""

    incidents: tuple[Incident, ...]


@dataclass(frozen=True, slots=True)
class Reported:
    """The incident that a report made, and the rollouts that it holds."""

    incident: Incident
    held: tuple[str, ...]


def still_open(found: Incidents) -> list[Incident]:
    """Those that nobody closed, the newest first."""
    return sorted(
        (one for one in found.incidents if not one.closed_us), key=lambda one: -one.at_us
    )


def facts(one: Incident, clock: Clock) -> str:
    """Which answer, who reported it, and when."""
    return (
        f"{one.tenant} / {one.route}  ·  reported by {one.by}, {clock.when(one.at_us)}"
        f"  ·  exchange {one.exchange_id}"
    )


def holds(one: Incident) -> str:
    """What is held while it is open."""
    own = f"{one.tenant} / {one.route}"
    if not one.upstream:
        return f"Until it is closed, {own} is not widened."
    return (
        f"Until it is closed, neither {own} nor any other rollout with {one.model} at "
        f"{one.upstream} is widened. Rollbacks work as ever."
    )


def reported(made: Reported) -> str:
    """What a report did, in one sentence."""
    held = ", ".join(made.held) or "no rollout"
    return f"Incident {made.incident.id} is open. Its exchange is kept. Held: {held}."


def closed_rows(found: Incidents, clock: Clock) -> list[dict[str, str | int]]:
    """Those that were closed, the newest first."""
    closed = sorted(
        (one for one in found.incidents if one.closed_us), key=lambda one: -one.closed_us
    )
    return [
        {
            "incident": one.id,
            "rollout": f"{one.tenant} / {one.route}",
            "reported": f"{one.by}: {one.reason}",
            "closed": f"{one.closed_by}: {one.closed_reason}",
            "when": clock.when(one.closed_us),
        }
        for one in closed
    ]
