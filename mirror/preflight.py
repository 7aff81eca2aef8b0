"""Before any traffic: can every upstream be reached, does it know our key, and what does it take?

Asks as the proxy would, through the same guarded client, and sends no word of any tenant.
Start reading at `preflight`.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import httpx

from mirror import guard, probing
from mirror.checks import Check, State, key_of, models_of, tls_of, unreached, version_of
from mirror.egress import FAULTS, Egress, OutRequest, failure
from mirror.endpoints import endpoint
from mirror.probing import Call
from policies.policy import Location, Policy

ANSWER_S, PROBE_S = 10.0, 60.0
_MOST_BYTES = 1 << 20
# Where servers tell their version. None is under `/v1`, and none is sent a key.
_PAGES = ("/version", "/api/version", "/server_info", "/health/readiness", "/v2")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, or `fault`, why there is none."""

    status: int = 0
    body: bytes = b""
    content_type: str = ""
    fault: str = ""


async def preflight(
    policy: Policy, environ: Mapping[str, str], *, probe: bool = True
) -> list[Check]:
    """Every check of every upstream, in the policy's order.

    Raises CredentialMissing where a key that the policy names is not in the environment.
    """
    async with Egress(policy, environ) as egress:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_Visit(policy, egress, name).checks(probe=probe))
                for name in policy.upstreams
            ]
        return [check for task in tasks for check in task.result()]


@dataclass(frozen=True, slots=True)
class _Visit:
    """One upstream's checks, one after the other."""

    policy: Policy
    egress: Egress
    name: str

    async def checks(self, *, probe: bool) -> list[Check]:
        tenant = self._tenant()
        if tenant is None:
            why = "no tenant may use it: it was not contacted"
            return [Check(self.name, "reach", State.SKIPPED, why)]
        upstream = self.policy.upstreams[self.name]
        tls = await self._tls()
        listed = await self._ask(tenant, OutRequest("GET", "/v1/models", {}), ANSWER_S)
        if listed.fault:
            return [unreached(self.name, upstream, listed.fault), *tls]
        found = [Check(self.name, "reach", State.OK, f"answers with {listed.status}"), *tls]
        key = key_of(self.name, upstream, listed.status)
        found.append(key)
        found += models_of(self.name, upstream, listed.status, listed.body)
        if upstream.location is Location.ONPREM:
            found += version_of(self.name, upstream, await self._pages())
        if key.state is State.OK:
            found += await self._probed(tenant, probe=probe)
        return found

    def _tenant(self) -> str | None:
        """Somebody who may use it: the guard lets nobody else near it."""
        tenants = [
            name for name in self.policy.tenants if self.egress.permitted(name, self.name)
        ]
        return next(iter(tenants), "" if self.egress.permitted("", self.name) else None)

    async def _tls(self) -> list[Check]:
        upstream = self.policy.upstreams[self.name]
        if upstream.base_url.scheme != "https":
            return [tls_of(self.name, upstream, {}, time.time())]
        where = endpoint(upstream)
        try:
            async with asyncio.timeout(ANSWER_S):
                shown = await guard.certificate(where, frozenset({where}))
        except ssl.SSLError as error:
            why = getattr(error, "verify_message", "") or error.reason or type(error).__name__
            return [tls_of(self.name, upstream, str(why), time.time())]
        except (OSError, guard.EgressBlocked):  # said where it is asked for its models
            return []
        return [tls_of(self.name, upstream, shown, time.time())]

    async def _probed(self, tenant: str, *, probe: bool) -> list[Check]:
        calls = probing.calls(self.policy, self.name)
        if not probe and calls:
            return [Check(self.name, "probe", State.SKIPPED, "not asked for: --no-probe")]
        return [await self._probe(tenant, call) for call in calls]

    async def _probe(self, tenant: str, call: Call) -> Check:
        """Asks what the course of a probe wants to know, until it has come to an end."""
        course, told = probing.course(call), None
        while True:
            try:
                wanted = next(course) if told is None else course.send(told)
            except StopIteration as end:
                return Check(self.name, call.title, *end.value)
            told = await self._told(tenant, call, wanted)

    async def _told(self, tenant: str, call: Call, body: bytes) -> probing.Told:
        headers = {"content-type": call.probe.content_type}
        asked = OutRequest("POST", call.probe.path, headers, body)
        answer = await self._ask(tenant, asked, PROBE_S)
        return probing.Told(answer.status, answer.body, answer.content_type, answer.fault)

    async def _pages(self) -> Iterable[tuple[str, bytes]]:
        """The pages on which the server tells who it is, as far as there are such pages."""
        upstream = self.policy.upstreams[self.name]
        where = endpoint(upstream)
        root = str(upstream.base_url).rstrip("/").removesuffix("/v1")
        found = []
        async with guard.client(frozenset({where}), 1.0) as client:
            for page in _PAGES:
                try:
                    async with asyncio.timeout(ANSWER_S):
                        answer = await client.get(root + page)
                except (*FAULTS, TimeoutError):
                    continue
                if answer.status_code == httpx.codes.OK:
                    found.append((page, answer.content[:_MOST_BYTES]))
        return found

    async def _ask(self, tenant: str, request: OutRequest, within_s: float) -> Answer:
        try:
            async with (
                asyncio.timeout(within_s),
                self.egress.open(tenant, self.name, request) as incoming,
            ):
                body = b""
                async for chunk in incoming.chunks:
                    body += chunk
                    if len(body) > _MOST_BYTES:
                        break
                return Answer(incoming.status, body, incoming.content_type)
        except TimeoutError:
            return Answer(fault=f"no answer within {within_s:g} s")
        except FAULTS as fault:
            return Answer(fault=_words(fault))


def _words(fault: Exception) -> str:
    """A fault in words; a certificate's own are the clearest."""
    cause: BaseException | None = fault
    while cause is not None:
        if said := getattr(cause, "verify_message", ""):
            return f"its certificate is not trusted: {said}"
        cause = cause.__cause__ or cause.__context__
    return failure(fault)[1]
