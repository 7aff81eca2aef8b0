"""Which deployment answers. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.clock import Clock

PATH = "/v1/deployment"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment; `zone` is the time zone of its clinics (IANA), `version` that of its controller."""

    name: str = ""
    production: bool = True
    zone: str = "UTC"
    version: str = ""

    @property
    def clock(self) -> Clock:
        """Its clinics' clock."""
        return Clock(self.zone)


def mismatch(there: str, here: str) -> str:
    """What to do where the controller and the dashboard are of two versions; "" where they are of one."""
    if not there or there == here:
        return ""
    return (
        f"The controller is crossfade {there}, this dashboard {here}. Start both from the same "
        "version; until then a page may show less than there is."
    )
