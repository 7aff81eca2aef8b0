"""The paths that tell what copies have cost today, and on the days before."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from cutover import spending
from cutover.api.call import On, Viewer, sees
from cutover.api.shapes import Shape
from cutover.spending import MILLION, Spending, body
from mirror.journal.spending import DAY_US, by_day, day_of, of_day

router = APIRouter(tags=["spending"])
DAYS, LONGEST = 30, 366
"""So many days before today are told unless said, and so many at the most."""


class SpentShape(Shape):
    """One rollout's day, or the deployment's, whose tenant and route are "": money in `currency`.

    `legs` were charged for, `estimated` of them by what their answers did not say.
    """

    tenant: str
    route: str
    currency: str
    spent: float
    avoided: float
    budget: float | None
    legs: int
    estimated: int
    is_spent: bool


class SpendingShape(Shape):
    """What was spent and avoided; `resumes_us` is when the day and its budgets end."""

    resumes_us: int
    spending: list[SpentShape]


class DayShape(Shape):
    """The deployment's whole UTC day that began at `day_us`: money in `currency`."""

    day_us: int
    currency: str
    spent: float
    avoided: float


class DaysShape(Shape):
    """The days before today, the first one first; one on which nothing was charged or avoided is not there."""

    days: list[DayShape]


@router.get("/v1/spending")
def read(by: Viewer, on: On) -> SpendingShape:
    """Spent, avoided and budget: of the deployment, and of each rollout that this person may read of."""
    day, found = _read(on)
    told = body(day, [one for one in found if sees(by, one.tenant)])
    return SpendingShape.model_validate(told)


@router.get("/v1/spending/days")
def read_days(
    by: Viewer,
    on: On,
    days: Annotated[
        int, Query(ge=1, le=LONGEST, description="So many days before today.")
    ] = DAYS,
) -> DaysShape:
    """What the whole deployment spent and avoided on each of the last days, 30 unless said, without today."""
    today = day_of(on.now_us())
    with on.store.read() as conn:
        found = by_day(conn, today - days, today)
    return DaysShape(
        days=[
            DayShape(
                day_us=one.day * DAY_US,
                currency=one.currency,
                spent=one.spent / MILLION,
                avoided=one.avoided / MILLION,
            )
            for one in found
        ]
    )


def text(on: On) -> str:
    """The same for Prometheus."""
    return spending.text(_read(on)[1])


def _read(on: On) -> tuple[int, list[Spending]]:
    day = day_of(on.now_us())
    with on.store.read() as conn:
        return day, spending.spending(on.policy, of_day(conn, day))
