"""The paths of a rollout's noise: what its own answers come to, and a calibration by them."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from starlette.responses import JSONResponse

from cutover.api import asked
from cutover.api.call import Act, Call
from cutover.controller import Controller
from cutover.evidence.calibrating import Calibrating
from cutover.people import Role


@dataclass(frozen=True, slots=True)
class Noises:
    """What these paths do, on one controller."""

    controller: Controller

    def table(self) -> list[tuple[str, str, Role, Act]]:
        """Method, path, the role it needs, and what it does."""
        path = "/v1/rollouts/{tenant}/{route}/noise"
        return [
            ("GET", path, Role.VIEWER, self.noise),
            ("POST", path, Role.ENGINEER, self.calibrate),
        ]

    def noise(self, call: Call) -> JSONResponse:
        """What the scales of its equivalence would be by what was seen until now."""
        return JSONResponse({"noise": Calibrating(self.controller).look(call.key).told()})

    def calibrate(self, call: Call) -> JSONResponse:
        """A person has answers compared on these scales from now on."""
        reason = asked.reason(asked.fields(call.body, ("reason",))["reason"])
        found = Calibrating(self.controller).calibrate(call.person, call.key, reason)
        return JSONResponse({"noise": found.told()}, HTTPStatus.CREATED)
