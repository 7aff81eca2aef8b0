"""The paths of drills: rehearsed rollbacks of one rollout, and how they went."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter

from cutover.api.asked import Asked, Reason, seconds
from cutover.api.call import ROLLOUT, Engineer, Key, On, Viewer
from cutover.api.shapes import Shape
from cutover.emergency import drills
from cutover.emergency.drilling import LONGEST_S, SHORTEST_S

router = APIRouter(tags=["drills"])
PATH = f"{ROLLOUT}/drills"


class DrillShape(Shape):
    """One drill. Times of what has not come yet are 0; `why` says what kept it from passing."""

    id: int
    tenant: str
    route: str
    epoch: int
    by: str
    reason: str
    at_us: int
    until_us: int
    published_us: int
    version: int
    followed_us: int
    proxies: int
    back_us: int
    back_version: int
    back_followed_us: int
    ended_us: int
    why: str
    passed: bool


class TimesShape(Shape):
    """A drill's times in milliseconds since its decision, or since the return; null for what did not happen."""

    published_ms: int | None
    followed_ms: int | None
    proxies: int
    last_chosen_ms: int | None
    last_answer_ms: int | None
    still_open: int
    answered_by_primary: int
    away_ms: int | None
    back_followed_ms: int | None


class TimedDrillShape(DrillShape):
    """One drill with what was measured of it."""

    times: TimesShape


class DrillsShape(Shape):
    """The latest drills of a rollout."""

    drills: list[TimedDrillShape]


class Drill(Asked):
    """A drill of so many seconds."""

    for_s: Annotated[int, seconds(LONGEST_S, SHORTEST_S)]
    reason: Reason


class BegunShape(Shape):
    """The drill that has begun."""

    drill: DrillShape


@router.get(PATH)
def read(key: Key, by: Viewer, on: On) -> DrillsShape:
    """The latest drills, with their times; those of one under way are of until now."""
    found = on.driller.read(key)
    return DrillsShape(
        drills=[
            TimedDrillShape.model_validate(
                _told(drill) | {"times": drills.times(drill, measured)}
            )
            for drill, measured in found
        ]
    )


@router.post(PATH, status_code=HTTPStatus.CREATED)
def begin(key: Key, said: Drill, by: Engineer, on: On) -> BegunShape:
    """A person begins a drill."""
    begun = on.driller.begin(by, key, said.for_s, said.reason)
    return BegunShape(drill=DrillShape.model_validate(_told(begun)))


def _told(drill: drills.Drill) -> dict[str, object]:
    return asdict(drill) | {"passed": bool(drill.ended_us) and not drill.why}
