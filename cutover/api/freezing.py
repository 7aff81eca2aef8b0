"""The paths of freezes: those that hold, and what people place, lift and break."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from http import HTTPStatus

from starlette.responses import JSONResponse

from cutover.api import asked
from cutover.api.call import Act, Call
from cutover.controller import Controller
from cutover.people import Role
from cutover.plans.freezer import LONGEST_BREAK_S, LONGEST_S, Freezer
from cutover.plans.freezes import Placed


@dataclass(frozen=True, slots=True)
class Freezing:
    """What these paths do, on one controller."""

    controller: Controller

    def table(self) -> list[tuple[str, str, Role, Act]]:
        """Method, path, the role it needs, and what it does."""
        return [
            ("GET", "/v1/freezes", Role.VIEWER, self.freezes),
            ("POST", "/v1/freezes", Role.ENGINEER, self.place),
            ("DELETE", "/v1/freezes", Role.ENGINEER, self.lift),
            ("POST", "/v1/freezes/breaks", Role.ENGINEER, self.break_),
            ("DELETE", "/v1/freezes/breaks", Role.ENGINEER, self.mend),
        ]

    @property
    def freezer(self) -> Freezer:
        """Where people place them."""
        return Freezer(self.controller)

    def freezes(self, call: Call) -> JSONResponse:
        """Those that people placed and broke, and each rollout that may not be widened now."""
        frozen = {
            f"{one.tenant}/{one.route}": one.frozen
            for one in self.controller.views()
            if one.frozen and call.sees(one.tenant)
        }
        held = [_body(one) for one in self.freezer.read() if call.sees(one.tenant)]
        return JSONResponse({"freezes": held, "frozen": frozen})

    def place(self, call: Call) -> JSONResponse:
        """A person freezes; `for_s` is a number of seconds, or "" for until it is lifted."""
        said = asked.fields(call.body, ("tenant", "route", "for_s", "reason"))
        call.need(Role.ENGINEER, said["tenant"])
        reason = asked.reason(said["reason"])
        for_s = asked.seconds(said["for_s"], highest=LONGEST_S, default=0)
        placed = self.freezer.place(call.person, (said["tenant"], said["route"]), for_s, reason)
        return JSONResponse({"freeze": _body(placed)}, HTTPStatus.CREATED)

    def lift(self, call: Call) -> JSONResponse:
        """A person lifts a freeze that was placed."""
        scope, reason = _ending(call)
        self.freezer.lift(call.person, scope, reason)
        return JSONResponse({"tenant": scope[0], "route": scope[1]})

    def break_(self, call: Call) -> JSONResponse:
        """A lead breaks what is frozen, for a time."""
        said = asked.fields(call.body, ("tenant", "route", "for_s", "reason"))
        call.need(Role.ENGINEER, said["tenant"])
        reason = asked.reason(said["reason"])
        for_s = asked.seconds(said["for_s"], highest=LONGEST_BREAK_S, default=3600)
        broken = self.freezer.break_(
            call.person, (said["tenant"], said["route"]), for_s, reason
        )
        return JSONResponse({"freeze": _body(broken)}, HTTPStatus.CREATED)

    def mend(self, call: Call) -> JSONResponse:
        """A person has freezes count again."""
        scope, reason = _ending(call)
        self.freezer.mend(call.person, scope, reason)
        return JSONResponse({"tenant": scope[0], "route": scope[1]})


def _ending(call: Call) -> tuple[tuple[str, str], str]:
    scope = call.query.get("tenant", ""), call.query.get("route", "")
    call.need(Role.ENGINEER, scope[0])
    return scope, asked.reason(call.query.get("reason", ""))


def _body(placed: Placed) -> dict[str, object]:
    return asdict(placed) | {"name": placed.name}
