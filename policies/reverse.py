"""After the switch: how much of what the candidate answers is sent to the primary as well."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from policies.part import Part

Percent = Annotated[float, Field(ge=0, le=100)]


class ReversePercent(Part):
    """Percent of the sessions that the candidate answers, by stage."""

    canary: Percent = 10
    live: Percent = 2


def _for_both(written: object) -> object:
    if isinstance(written, str | bool):
        raise ValueError(
            f"must be a percentage, as in 10, or one for `canary` and one for `live`; it is {written}"
        )
    if isinstance(written, int | float):
        return {"canary": written, "live": written}
    return written


Reverse = Annotated[ReversePercent, BeforeValidator(_for_both, Percent | ReversePercent)]
"""A number holds for both stages."""
