"""The paths of the switches of a whole deployment: drains of upstreams, and emergencies."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from http import HTTPStatus

from starlette.responses import JSONResponse

from cutover.api import asked
from cutover.api.call import Act, Call
from cutover.api.problems import Problem
from cutover.controller import Controller
from cutover.emergency.switchboard import LONGEST_S, Switchboard
from cutover.people import Role


@dataclass(frozen=True, slots=True)
class Switching:
    """What these paths do, on one controller."""

    controller: Controller

    def table(self) -> list[tuple[str, str, Role, Act]]:
        """Method, path, the role it needs, and what it does."""
        return [
            ("GET", "/v1/switches", Role.VIEWER, self.switches),
            ("POST", "/v1/drains", Role.ENGINEER, self.drain),
            ("DELETE", "/v1/drains", Role.ENGINEER, self.give_back),
            ("POST", "/v1/emergencies", Role.ENGINEER, self.switch_on),
            ("DELETE", "/v1/emergencies", Role.ENGINEER, self.switch_off),
        ]

    @property
    def board(self) -> Switchboard:
        """Where people set them."""
        return Switchboard(self.controller)

    def switches(self, call: Call) -> JSONResponse:
        """All that are on."""
        found = self.board.read()
        emergencies = [
            asdict(one) | {"name": one.name}
            for one in found.emergencies
            if call.sees(one.tenant)
        ]
        return JSONResponse(
            {"drains": [asdict(one) for one in found.drains], "emergencies": emergencies}
        )

    def drain(self, call: Call) -> JSONResponse:
        """A person takes an upstream out; `for_s` is a number of seconds, or "" for no end."""
        call.need(Role.ENGINEER)  # an upstream is every tenant's
        said = asked.fields(call.body, ("upstream", "for_s", "reason"))
        reason = asked.reason(said["reason"])
        for_s = asked.seconds(said["for_s"], highest=LONGEST_S, default=0)
        drained = self.board.drain(call.person, said["upstream"], for_s, reason)
        unanswered = self.board.unanswered(said["upstream"])
        return JSONResponse(
            {"drain": asdict(drained), "unanswered": unanswered}, HTTPStatus.CREATED
        )

    def give_back(self, call: Call) -> JSONResponse:
        """A person lets an upstream be asked again."""
        call.need(Role.ENGINEER)
        upstream = _query(call, "upstream")
        self.board.give_back(call.person, upstream, asked.reason(_query(call, "reason")))
        return JSONResponse({"upstream": upstream})

    def switch_on(self, call: Call) -> JSONResponse:
        """A person declares an emergency; `tenant` and `route` may be "" for every one."""
        said = asked.fields(call.body, ("tenant", "route", "reason"))
        call.need(Role.ENGINEER, said["tenant"])
        reason = asked.reason(said["reason"])
        switched = self.board.switch_on(call.person, said["tenant"], said["route"], reason)
        emergency = asdict(switched) | {"name": switched.name}
        return JSONResponse({"emergency": emergency}, HTTPStatus.CREATED)

    def switch_off(self, call: Call) -> JSONResponse:
        """A person ends an emergency."""
        tenant, route = call.query.get("tenant", ""), call.query.get("route", "")
        call.need(Role.ENGINEER, tenant)
        reason = asked.reason(_query(call, "reason"))
        self.board.switch_off(call.person, tenant, route, reason)
        return JSONResponse({"tenant": tenant, "route": route})


def _query(call: Call, name: str) -> str:
    value = call.query.get(name, "")
    if not value:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"the query needs `{name}`")
    return value
