"""The paths that tell how much is under way: for people as JSON, for Prometheus as it reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from starlette.responses import JSONResponse, PlainTextResponse

from cutover.api.call import Act, Call
from cutover.load import Report, report
from cutover.people import Role
from cutover.servers.view import Server, text
from mirror.journal.store import Store
from policies.policy import Policy


@dataclass(frozen=True, slots=True)
class Loading:
    """What these paths do. `folder` is where processes tell what they have in flight."""

    policy: Policy
    store: Store
    folder: Path
    now_us: Callable[[], int]
    servers: Callable[[], Sequence[Server]] = tuple
    spending: Callable[[], str] = str

    def table(self) -> list[tuple[str, str, Role, Act]]:
        """Method, path, the role it needs, and what it does."""
        return [
            ("GET", "/v1/load", Role.VIEWER, self.load),
            ("GET", "/metrics", Role.VIEWER, self.metrics),
        ]

    def load(self, call: Call) -> JSONResponse:
        """In flight and waiting by upstream, the backlog by rollout, and what was shed."""
        told = self._report()
        return JSONResponse(
            replace(
                told,
                waiting=tuple([one for one in told.waiting if call.sees(one.tenant)]),
                shed={key: count for key, count in told.shed.items() if call.sees(key[0])},
            ).body()
        )

    def metrics(self, call: Call) -> PlainTextResponse:
        """The same for Prometheus, what servers tell of themselves, and what copies have cost."""
        call.need(Role.VIEWER)  # what it counts is every tenant's
        page = self._report().text() + text(self.servers()) + self.spending()
        return PlainTextResponse(page, media_type="text/plain; version=0.0.4")

    def _report(self) -> Report:
        caps = {name: one.capacity for name, one in self.policy.upstreams.items()}
        with self.store.read() as conn:
            return report(conn, self.folder, caps, self.now_us())
