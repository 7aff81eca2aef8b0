"""The path that tells what copies have cost today."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import JSONResponse

from cutover.api.call import Act, Call
from cutover.people import Role
from cutover.spending import Spending, body, spending, text
from mirror.journal.spending import day_of, of_day
from mirror.journal.store import Store
from policies.policy import Policy


@dataclass(frozen=True, slots=True)
class Spendings:
    """What this path does."""

    policy: Policy
    store: Store
    now_us: Callable[[], int]

    def table(self) -> list[tuple[str, str, Role, Act]]:
        """Method, path, the role it needs, and what it does."""
        return [("GET", "/v1/spending", Role.VIEWER, self.spending)]

    def spending(self, call: Call) -> JSONResponse:
        """Spent, avoided and budget: of the deployment, and of each rollout that this person may read of."""
        day, found = self._read()
        return JSONResponse(body(day, [one for one in found if call.sees(one.tenant)]))

    def text(self) -> str:
        """The same for Prometheus."""
        return text(self._read()[1])

    def _read(self) -> tuple[int, list[Spending]]:
        day = day_of(self.now_us())
        with self.store.read() as conn:
            return day, spending(self.policy, of_day(conn, day))
