"""The paths of proposals that wait for people: all of them, and people's no."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from starlette.responses import JSONResponse

from cutover.api import asked, bodies
from cutover.api.call import Act, Call
from cutover.approving.rejecting import Rejecting
from cutover.controller import Controller
from cutover.people import Role


@dataclass(frozen=True, slots=True)
class Rejections:
    """What these paths do, on one controller."""

    controller: Controller

    def table(self) -> list[tuple[str, str, Role, Act]]:
        """Method, path, the role it needs, and what it does."""
        path = "/v1/rollouts/{tenant}/{route}/rejections"
        return [
            ("GET", "/v1/approvals", Role.VIEWER, self.approvals),
            ("POST", path, Role.LEAD, self.reject),
            ("DELETE", path, Role.VIEWER, self.withdraw),  # whose it is, is all that matters
        ]

    def approvals(self, call: Call) -> JSONResponse:
        """The proposals that are open, and the rejections that stand."""
        waiting, said = Rejecting(self.controller).read()
        return JSONResponse(
            {
                "open": [bodies.proposal(one) for one in waiting if call.sees(one.tenant)],
                "rejected": [bodies.rejection(one) for one in said if call.sees(one.tenant)],
            }
        )

    def reject(self, call: Call) -> JSONResponse:
        """A lead says no to an open proposal."""
        said = asked.fields(call.body, ("proposal", "reason"))
        reason = asked.reason(said["reason"])
        made = Rejecting(self.controller).reject(
            call.person, call.key, said["proposal"], reason
        )
        return JSONResponse({"rejection": bodies.rejection(made)}, HTTPStatus.CREATED)

    def withdraw(self, call: Call) -> JSONResponse:
        """Who rejected a proposal takes that back."""
        id, reason = call.query.get("proposal", ""), asked.reason(call.query.get("reason", ""))
        Rejecting(self.controller).withdraw(call.person, call.key, id, reason)
        return JSONResponse({"proposal": id})
