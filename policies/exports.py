"""Bundles of exports that people ask for on the dashboard or over the control API."""

from __future__ import annotations

from pydantic import Field

from policies.part import Part

LONGEST_DAYS = 90


class Exports(Part):
    """How long a bundle is kept for who asked for it. It holds payloads in the clear where the profile is `full`."""

    keep_days: int = Field(
        default=7,
        ge=1,
        le=LONGEST_DAYS,
        description="Days after which a bundle that the controller made is deleted.",
    )
