"""The path that tells which deployment answers: its name, its version, and the clock of its clinics."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter

from cutover.api.call import On, Viewer
from cutover.api.shapes import Shape
from cutover.zone import zone_of

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
        zone=zone_of(on.policy),
        version=version("crossfade"),
    )
