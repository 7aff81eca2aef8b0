"""The path on which the dashboard tells whom it refused: counted with the strangers of this API, and no more.

It needs no token, for the dashboard has none. What it tells is on record as said by its address, so whoever lies here
adds to a number under their own, as each of their own knocks would.
"""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import ip_address
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import AfterValidator, Field

from cutover.api.asked import Asked
from cutover.api.call import On
from cutover.api.shapes import Shape

router = APIRouter(tags=["sessions"])
AT = "at the dashboard"
MOST, SENDERS = 1_000, 10


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("must be an IP address") from None


Address = Annotated[str, Field(max_length=45), AfterValidator(_address)]


class Refused(Asked):
    """So many attempts of one kind were refused, from these addresses among others."""

    kind: Literal["websocket", "foreign origin"]
    times: Annotated[int, Field(ge=1, le=MOST, strict=True)]
    senders: Annotated[tuple[Address, ...], Field(max_length=SENDERS)] = ()


class CountedShape(Shape):
    """How many were counted."""

    counted: int


@router.post("/v1/refusals", status_code=HTTPStatus.CREATED)
async def refused(said: Refused, on: On, request: Request) -> CountedShape:
    """The dashboard refused somebody. It needs no token, and is counted as a stranger's attempts are."""
    on.strangers.count(request.scope, f"{said.kind} {AT}", times=said.times, seen=said.senders)
    return CountedShape(counted=said.times)
