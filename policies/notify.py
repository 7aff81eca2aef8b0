"""Who is told when something changed: where notices go, about what, and from what network they are read."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, HttpUrl

from policies.part import Part
from policies.routes import Route

HostAndPort = Annotated[str, Field(pattern=r"^([a-z0-9.-]+|\[[0-9a-f:.]+\]):[0-9]{1,5}$")]
"""As in `mail.clinic.lan:587` or `[fd00::5]:443`."""


class Happening(StrEnum):
    """What sort of thing a notice tells."""

    MOVED = "moved"  # a rollout went on, or was started or stopped
    PROPOSED = "proposed"  # people must decide, or need no longer
    HELD = "held"  # somebody or something keeps a rollout where it is
    ROLLED_BACK = "rolled_back"
    WARNED = "warned"  # harm is likely but not shown; an upstream was taken out; a part crashed
    ALARM = "alarm"  # an emergency, an incident, another's answer, a gap in the records
    RECOVERED = "recovered"  # what was warned or alarmed of, or held, is over


class Destination(Part):
    """One place that is sent notices. Its address is a secret, and lives in the environment."""

    to: str = Field(
        pattern=r"^[A-Z][A-Z0-9_]*$",
        max_length=64,
        description="Name of the environment variable that holds the address, an Apprise URL.",
    )
    location: Literal["cloud", "onprem"] = Field(
        description="Who can read what is sent there; `cloud` is told less."
    )
    hosts: tuple[HostAndPort, ...] = Field(
        min_length=1,
        description="What sending may connect to: each HOST:PORT, and nothing else.",
    )
    kinds: tuple[Happening, ...] = Field(
        default=tuple(Happening), min_length=1, description="What it is told of."
    )
    tenants: tuple[str, ...] = Field(default=(), description="Of these alone; empty for all.")
    routes: tuple[Route, ...] = Field(default=(), description="Of these alone; empty for all.")
    page: HttpUrl | None = Field(
        default=None, description="Where the dashboard is, for links to a rollout."
    )
