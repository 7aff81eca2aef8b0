"""A server on the premises that workers may ask about answers, and nothing beside it.

Answers of every tenant are asked about, some of whom forbid the cloud, so no cloud is ever asked: an
upstream that is in the cloud, or shares an address with one, is refused before a name is looked up.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from mirror.egress import FAULTS, Egress, EgressBlocked, OutRequest, failure
from mirror.endpoints import cloud_upstreams
from policies.policy import Cloud, Policy

_HEADERS = {"content-type": "application/json", "accept": "application/json"}


class OffPremises(ValueError):
    """An upstream that may not be asked about answers."""

    mendable = True


class Away(Exception):
    """The server gave no answer. The message holds no text; `status` is that of an answer it refused with."""

    def __init__(self, why: str, status: int = 0) -> None:
        """Says why, in words for a log."""
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Premises:
    """One upstream, and a policy that knows of no other."""

    upstream: str
    policy: Policy = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, upstream: str, policy: Policy, environ: Mapping[str, str]) -> Premises:
        """Raises `OffPremises`, and CredentialMissing where the upstream's key is not in the environment."""
        if upstream not in policy.upstreams or upstream in cloud_upstreams(policy):
            raise OffPremises(
                f"upstream {upstream} is not on the premises; answers of every tenant "
                "are sent there, so name an upstream with `location: onprem`"
            )
        narrow = policy.model_copy(update={"upstreams": {upstream: policy.upstreams[upstream]}})
        Egress(narrow, environ)  # its key is there
        return cls(upstream, narrow, environ)

    def connected(self) -> Egress:
        """The guarded client, for the event loop that enters it."""
        return Egress(self.policy, self.environ)

    async def post(
        self, egress: Egress, path: str, asked: object, timeout_s: float, most_bytes: int
    ) -> bytes:
        """What it answers to a JSON body, whole. Raises `Away`."""
        body = json.dumps(asked).encode()
        request = OutRequest("POST", path, _HEADERS, body, repeatable=True)
        try:
            async with (
                asyncio.timeout(timeout_s),
                egress.open(self._tenant(), self.upstream, request) as incoming,
            ):
                said = bytearray()
                async for chunk in incoming.chunks:
                    said += chunk
                    if len(said) > most_bytes:
                        raise Away(f"its answer is over {most_bytes:,} bytes")
        except TimeoutError as late:
            raise Away(f"no answer within {timeout_s:g} s") from late
        except EgressBlocked:
            raise
        except FAULTS as fault:
            raise Away(failure(fault)[1]) from fault
        if incoming.status != 200:
            raise Away(f"it answered {incoming.status}", incoming.status)
        return bytes(said)

    def _tenant(self) -> str:
        """The guarded client asks on whose behalf: on that of one who forbids the cloud, where there is one."""
        tenants = self.policy.tenants
        return min(tenants, key=lambda name: tenants[name].cloud is Cloud.ALLOWED)
