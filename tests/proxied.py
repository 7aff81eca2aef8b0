"""A real proxy in the test's own event loop, with a recorder that keeps records in lists.

async with proxied(cloud, gpu, stage="canary") as proxy:
    answer = await proxy.post(json={"model": "big"})
"""

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import ways
from builders import believed, two_sided

from mirror.exchange import Large
from mirror.proxy.process import Places, Proxy
from mirror.publish import Watcher
from mirror.route_table import RouteTable, Standing
from mirror.slots import Slots
from policies.policy import Route

ANY = ("127.0.0.1", 0)
CHAT = "/v1/chat/completions"
ASK = {"model": "big", "messages": [{"role": "user", "content": "How often?"}]}
STREAM = ASK | {"stream": True}


@dataclass
class Recorded:
    """Keeps records in memory; `works` false refuses them, `breaks` raises."""

    accepts: list = field(default_factory=list)
    replies: list = field(default_factory=list)
    bodies: dict = field(default_factory=dict)  # large ones, by exchange and part
    egresses: list = field(default_factory=list)
    lost: list = field(default_factory=list)
    works: bool = True
    breaks: bool = False

    def accept(self, accept):
        return self._keep(self.accepts, accept)

    def reply(self, reply):
        return self._keep(self.replies, reply)

    def keep(self, exchange_id, part, length, body):
        if self.breaks:
            raise RuntimeError("the disk is gone")
        if not self.works:
            return None
        whole = self.bodies[exchange_id, part] = b"".join(body)
        assert len(whole) == length
        return Large("d" * 64, length, "c" * 64)

    def lose(self, exchange_id, part):
        self.lost.append((exchange_id, part))

    def egress(self, entry):
        return self._keep(self.egresses, entry)

    async def durable(self):
        return self.works

    def _keep(self, kept, record):
        if self.breaks:
            raise RuntimeError("the disk is gone")
        if self.works:
            kept.append(record)
        return self.works


def standing(tenant="clinic", stage="mirror", share=100.0, route="chat", **values):
    return Standing(tenant, route, stage, share, epoch=4, salt="s", **values)


def table(stage, share=100.0, emergency=False):
    rows = [
        standing(tenant, stage, share, route.value)
        for tenant in ("clinic", "hospital")
        for route in Route
    ]
    return RouteTable(1, 1, {(row.tenant, row.route): row for row in rows}, emergency)


@dataclass
class Proxied:
    """A running proxy and a client of it. `via` says which listener the client uses."""

    proxy: Proxy
    recorded: Recorded
    client: httpx.AsyncClient
    via: str

    @property
    def address(self):
        return self.proxy.at.direct if self.via.startswith("direct") else self.proxy.at.front

    @property
    def base_url(self):
        return ways.base_url(self.via, self.proxy.at)

    def request(self, path=CHAT, method="POST", tenant="clinic", headers=None, **values):
        return self.client.build_request(
            method,
            self.base_url.removesuffix("/v1") + path,
            headers={"x-crossfade-tenant": tenant} | (headers or {}),
            **values,
        )

    async def post(self, json=None, **values):
        """The whole answer to a request; to ASK where none is given."""
        if "content" not in values and "files" not in values and values.get("method") != "GET":
            values["json"] = ASK if json is None else json
        return await self.client.send(self.request(**values))

    @property
    def reply(self):
        """The only reply that was recorded."""
        (reply,) = self.recorded.replies
        return reply

    @property
    def accept(self):
        """The only accept that was recorded."""
        (accept,) = self.recorded.accepts
        return accept


def url_of(upstream):
    return upstream if isinstance(upstream, str) else upstream.base_url


@asynccontextmanager
async def proxied(
    cloud,
    gpu,
    *,
    via="direct",
    stage="mirror",
    share=100.0,
    recorded=None,
    certificate=None,
    board=None,
    **policy,
):
    """A proxy between two fakes. Keywords that are left over change the policy of `two_sided`.

    `board` is shared with other processes. `via` is `front`, `direct` or one of `ways.WAYS`; a client's certificate may go with it.
    """
    recorded = recorded or Recorded()
    if wanted := ways.listeners(via):
        policy["listeners"] = wanted | policy.get("listeners", {})
    read = two_sided(url_of(cloud), url_of(gpu), **policy)
    routes = believed(table(stage, share), read)
    watcher = Watcher(Path("/nonexistent/routes.json"), routes)
    proxy = Proxy(
        read,
        recorded,
        watcher,
        Places(ANY, None if "client_ca" in policy.get("listeners", {}) else ANY, intercept=ANY),
        ways.pki().intercepting if via in ways.CONNECT else None,
        drain_s=2.0,
        slots=Slots.of(read, board),
    )
    async with proxy, ways.client(via, proxy.at, certificate=certificate) as client:
        yield Proxied(proxy, recorded, client, via)
