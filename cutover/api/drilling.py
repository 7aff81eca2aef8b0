"""The paths of drills: rehearsed rollbacks of one rollout, and how they went."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from http import HTTPStatus

from starlette.responses import JSONResponse

from cutover.api import asked
from cutover.api.call import Act, Call
from cutover.emergency.drilling import LONGEST_S, SHORTEST_S, Driller
from cutover.emergency.drills import Drill, times
from cutover.people import Role


@dataclass(frozen=True, slots=True)
class Drilling:
    """What these paths do."""

    driller: Driller

    def table(self) -> list[tuple[str, str, Role, Act]]:
        """Method, path, the role it needs, and what it does."""
        path = "/v1/rollouts/{tenant}/{route}/drills"
        return [
            ("GET", path, Role.VIEWER, self.drills),
            ("POST", path, Role.ENGINEER, self.begin),
        ]

    def drills(self, call: Call) -> JSONResponse:
        """The latest drills, with their times; those of one under way are of until now."""
        found = self.driller.read(call.key)
        told = [_body(drill) | {"times": times(drill, measured)} for drill, measured in found]
        return JSONResponse({"drills": told})

    def begin(self, call: Call) -> JSONResponse:
        """A person begins a drill of so many seconds."""
        said = asked.fields(call.body, ("for_s", "reason"))
        reason = asked.reason(said["reason"])
        for_s = asked.seconds(said["for_s"], lowest=SHORTEST_S, highest=LONGEST_S)
        drill = self.driller.begin(call.person, call.key, for_s, reason)
        return JSONResponse({"drill": _body(drill)}, HTTPStatus.CREATED)


def _body(drill: Drill) -> dict[str, object]:
    return asdict(drill) | {"passed": bool(drill.ended_us) and not drill.why}
