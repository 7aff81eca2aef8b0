"""The path that tells which deployment answers: its name, its version, and the clock of its clinics."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter

from cutover.api.call import On, Viewer
from cutover.api.shapes import Shape
from policies.policy import Policy

router = APIRouter(tags=["deployment"])


class DeploymentShape(Shape):
    """Which deployment this is. `zone` is the IANA time zone of its clinics; `version` is of crossfade."""

    name: str
    production: bool
    zone: str
    version: str


@router.get("/v1/deployment")
def read(by: Viewer, on: On) -> DeploymentShape:
    """Which deployment this is, whether it is one to practise with, and its clinics' time zone."""
    return DeploymentShape(
        name=on.policy.deployment,
        production=on.policy.production,
        zone=zone(on.policy),
        version=version("crossfade"),
    )


def zone(policy: Policy) -> str:
    """The zone of the calendar where there is one, else the one in which coverage of the day is asked."""
    return policy.calendar.zone if policy.calendar else policy.terms.coverage.zone
