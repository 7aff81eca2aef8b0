"""The paths of incidents: exchanges that were reported, and what that holds."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from starlette.responses import JSONResponse

from cutover import explanation
from cutover.api import asked
from cutover.api.call import Act, Call
from cutover.api.problems import Problem
from cutover.controller import Controller
from cutover.emergency import incidents
from cutover.emergency.casebook import Casebook
from cutover.emergency.incidents import body
from cutover.explanation import NotFound
from cutover.people import Role
from mirror.journal.store import Store

_UNFOUND = (
    "this id tells of no exchange of your tenants; write all of it, as the answer's header "
    "x-crossfade-exchange has it"
)


@dataclass(frozen=True, slots=True)
class Incidents:
    """What these paths do, on one controller and its store."""

    controller: Controller
    store: Store

    def table(self) -> list[tuple[str, str, Role, Act]]:
        """Method, path, the role it needs, and what it does."""
        return [
            ("GET", "/v1/incidents", Role.VIEWER, self.incidents),
            ("POST", "/v1/incidents", Role.ENGINEER, self.report),
            ("DELETE", "/v1/incidents", Role.ENGINEER, self.close),
        ]

    @property
    def casebook(self) -> Casebook:
        """Where people report them."""
        return Casebook(self.controller)

    def incidents(self, call: Call) -> JSONResponse:
        """The latest incidents, open and closed."""
        return JSONResponse(
            {"incidents": [body(one) for one in self.casebook.read() if call.sees(one.tenant)]}
        )

    def report(self, call: Call) -> JSONResponse:
        """A person reports an exchange, by its id or the beginning of one."""
        said = asked.fields(call.body, ("exchange", "reason"))
        reason = asked.reason(said["reason"])
        try:
            found = explanation.find(self.store, said["exchange"])
        except NotFound as error:
            every = call.person.may(Role.VIEWER)  # its words may name other tenants'
            why = str(error) if every else _UNFOUND
            raise Problem(HTTPStatus.NOT_FOUND, why) from None
        key = (found.tenant, found.route)
        call.need(Role.ENGINEER, found.tenant)
        made, held = self.casebook.report(call.person, found.id, key, reason)
        names = ["/".join(one) for one in held if call.sees(one[0])]
        return JSONResponse({"incident": body(made), "held": names}, HTTPStatus.CREATED)

    def close(self, call: Call) -> JSONResponse:
        """A person closes an incident."""
        number = asked.number(call.query, "id", default=None)
        if number is None:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "the query needs `id`")
        reason = asked.reason(call.query.get("reason", ""))
        with self.store.read() as conn:
            found = incidents.find(conn, number)
        call.need(Role.ENGINEER, found.tenant if found else "")
        closed = self.casebook.close(call.person, number, reason)
        return JSONResponse({"incident": body(closed)})
