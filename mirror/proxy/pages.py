"""The operators' pages of a proxy process: is it alive, may it get traffic, and its counters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mirror.proxy import asgi
from mirror.proxy.asgi import App, Receive, Scope, Send
from mirror.proxy.breaker import Breakers
from mirror.proxy.call import Call, call_of
from mirror.proxy.metrics import Labels, Metrics
from mirror.proxy.reload import Current
from mirror.publish import Watcher

type Page = tuple[int, bytes, bytes]
type Gauge = tuple[str, Labels, float]


@dataclass(slots=True)
class Pages:
    """What operators ask a proxy: is it alive, may it get traffic, and its counters."""

    metrics: Metrics
    watcher: Watcher
    breakers: Breakers
    current: Current
    capacity: Callable[[], Iterable[Gauge]] = tuple
    certificates: Callable[[], Iterable[Gauge]] = tuple
    spool: Callable[[], Iterable[Gauge]] = tuple
    draining: bool = False

    def page(self, call: Call, trusted: bool) -> Page | None:
        """The page at a path, or None. Counters name tenants, so they are for trusted peers."""
        match call.path:
            case "/healthz":
                return _json(200, status="ok")
            case "/readyz" if self.draining:
                return _json(503, status="draining")
            case "/readyz":
                version = self.watcher.table.version
                return _json(200, status="ready", table=version, **self._policy())
            case "/metrics" if trusted:
                text = self.metrics.text(self._gauges())
                return 200, b"text/plain; version=0.0.4", text.encode()
            case _:
                return None

    def app(self, trusts: Callable[[str], bool]) -> App:
        """These pages as an application of their own, for a listener that serves nobody else."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            call = call_of(scope, None, "", 0)
            page = self.page(call, trusts(call.peer))
            await asgi.whole(send, *(page or _json(404, error="no such page")))

        return application

    def _policy(self) -> dict[str, Any]:
        """Number and digest of the policy in force; 0 and none where it came from no data folder."""
        applied = self.current.applied
        return {
            "policy": applied.number if applied else 0,
            "digest": applied.digest if applied else "",
        }

    def _gauges(self) -> list[Gauge]:
        opened = [
            (
                "crossfade_breaker_open",
                (("tenant", tenant), ("route", route), ("upstream", upstream)),
                1.0,
            )
            for tenant, route, upstream in self.breakers.opened()
        ]
        policy, table = self._policy(), self.watcher.current()
        published = [("crossfade_table_published_seconds", (), table.published_us / 1e6)]
        return [
            *opened,
            ("crossfade_policy_info", (("digest", policy["digest"]),), 1.0),
            ("crossfade_policy_number", (), float(policy["policy"])),
            ("crossfade_policy_fault", (), float(bool(self.current.fault))),
            ("crossfade_policy_unread", (), float(self.current.unread)),
            *self.capacity(),
            *self.certificates(),
            *self.spool(),
            ("crossfade_table_version", (), float(table.version)),
            *(published if table.version else ()),
            ("crossfade_table_fault", (), float(bool(self.watcher.fault))),
        ]


def _json(code: int, **content: object) -> Page:
    return code, b"application/json", json.dumps(content).encode()
