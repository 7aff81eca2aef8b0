"""The path of the fleet's plan: its entries, whose turn it is, and what each rollout waits for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.responses import JSONResponse

from cutover.api.call import Act, Call
from cutover.api.problems import Problem
from cutover.cabinet import Cabinet
from cutover.circumstances import planned
from cutover.controller import Controller
from cutover.history import Key
from cutover.people import Role
from cutover.plans.frozen import clock, frozen
from cutover.plans.plan import Turn, named, place_of
from cutover.stages import Stage


@dataclass(frozen=True, slots=True)
class Planning:
    """What this path does, on one controller."""

    controller: Controller

    def table(self) -> list[tuple[str, str, Role, Act]]:
        """Method, path, the role it needs, and what it does."""
        return [("GET", "/v1/plan", Role.VIEWER, self.plan)]

    def plan(self, call: Call) -> JSONResponse:
        """The plan as of now; 404 where the policy has none."""
        found = self.controller.policy.plan
        if found is None:
            raise Problem(HTTPStatus.NOT_FOUND, "the policy has no `plan`")
        cabinet = self.controller.cabinet
        with cabinet.lock:
            assert cabinet.fence, "raises where another controller acts"
            cabinet.open_files()
            cabinet.plan_now()
            body = {
                "name": found.name,
                "false_discoveries": found.false_discoveries,
                "declared": len(cabinet.fleet.declared or ()),
                "zone": cabinet.almanac.calendar.zone,
                "now_us": cabinet.now_us(),
                "entries": [_entry(cabinet, turn, call.sees) for turn in cabinet.fleet.turns],
                "rollouts": [
                    _rollout(cabinet, key)
                    for key in sorted(cabinet.fleet.planned)
                    if call.sees(key[0])
                ],
            }
        return JSONResponse(body)


def _entry(cabinet: Cabinet, turn: Turn, sees: Callable[[str], bool]) -> dict[str, object]:
    """One entry. `frozen` says what freezes its first rollout when it begins, "" for nothing."""
    begins_us, zone = turn.begins_us, cabinet.almanac.calendar.zone
    first = min(turn.members, default=None)
    still = frozen(cabinet.almanac, first, begins_us) if first and turn.entry.goal else None
    ahead = begins_us > cabinet.now_us()
    return {
        "name": turn.entry.name,
        "until": turn.entry.until,
        "begins_us": begins_us,
        "begins": clock(begins_us, zone) if begins_us else "",
        "if_held": list(turn.entry.if_held),
        "drill": turn.entry.drill,
        "rollouts": ["/".join(key) for key in sorted(turn.members) if sees(key[0])],
        "reached": turn.reached,
        "done": turn.done,
        "waits": turn.waits,
        "frozen": still.sentence if still and ahead else "",
    }


def _rollout(cabinet: Cabinet, key: Key) -> dict[str, object]:
    """One rollout: where it stands, what the plan has it wait for, and the evidence e-BH asks of it."""
    file, fleet = cabinet.files[key], cabinet.fleet
    asked = file.rollout.stage is Stage.MIRROR and key in (fleet.declared or ())
    return {
        "tenant": key[0],
        "route": key[1],
        "stands": named(place_of(file.rollout)),
        "waits": planned(cabinet, file),
        "shown": fleet.value_log10(file.rollout, file.shown_log10),
        "needed": fleet.cut_log10(key) if asked else None,
    }
