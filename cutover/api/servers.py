"""The path that tells how the candidates' servers are, and which way to scale them."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import JSONResponse

from cutover.api.call import Act, Call
from cutover.people import Role
from cutover.servers import kept
from cutover.servers.view import Server
from cutover.servers.watch import Watch
from mirror.journal.store import Store


@dataclass(frozen=True, slots=True)
class Servers:
    """What this path does. A standby that reads no pages of its own tells them as not read."""

    watch: Watch
    store: Store

    def table(self) -> list[tuple[str, str, Role, Act]]:
        """Method, path, the role it needs, and what it does."""
        return [("GET", "/v1/servers", Role.VIEWER, self.servers)]

    def servers(self, call: Call) -> JSONResponse:
        """Every upstream with pages: its facts with their sources, and what of its capacity is accepted."""
        return JSONResponse({"servers": [one.body() for one in self.all()]})

    def all(self) -> list[Server]:
        """How they are now."""
        with self.store.read() as conn:
            halved = {one.upstream: one for one in kept.halved(conn)}
        upstreams = self.watch.policy.upstreams
        return [
            Server(name, upstreams[name], self.watch.pages(name), halved.get(name))
            for name in self.watch.upstreams
        ]
