"""An encoder of the clinic's own: any server on its premises with `POST /v1/embeddings`.

Answers of every tenant are encoded together, some of whom forbid the cloud, so no cloud is ever
asked: an upstream that is in the cloud, or shares an address with one, is refused before a name is
looked up. Beside that upstream this encoder can reach nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched

import numpy as np

from compare.comparators.alignment import Vectors
from compare.encoders.weights import WeightsError
from mirror.egress import FAULTS, Egress, EgressBlocked, OutRequest, failure
from mirror.endpoints import cloud_upstreams
from policies.encoders import HttpEncoder, Reads
from policies.policy import Cloud, Policy

AT_ONCE = 4
_MOST_BYTES = 64 << 20  # 2,048 vectors of 2,048 numbers as text
_HEADERS = {"content-type": "application/json", "accept": "application/json"}


class EncoderAway(Exception):
    """The server gave no vectors; what was to be scored can wait for it. The message holds no text."""


@dataclass(frozen=True, slots=True)
class RemoteEncoder:
    """Asks a server for vectors, a few batches at a time."""

    spec: HttpEncoder
    languages: frozenset[str]
    _policy: Policy = field(repr=False)
    _environ: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, spec: HttpEncoder, policy: Policy, environ: Mapping[str, str]) -> RemoteEncoder:
        """The encoder of a policy. Raises `WeightsError` for an upstream that may not be asked.

        Raises CredentialMissing where the upstream's key is not in the environment.
        """
        if spec.upstream not in policy.upstreams or spec.upstream in cloud_upstreams(policy):
            raise WeightsError(
                f"encoders: upstream {spec.upstream} is not on the premises; answers of every tenant "
                "are encoded there, so name an upstream with `location: onprem`"
            )
        own = {spec.upstream: policy.upstreams[spec.upstream]}
        narrow = policy.model_copy(update={"upstreams": own})
        Egress(narrow, environ)  # its key is there
        codes = {"" if one is Reads.MIXED else one.value for one in spec.languages}
        return cls(spec, frozenset(codes), narrow, environ)

    @property
    def id(self) -> str:
        """The model's name, and that a server ran it."""
        return f"{self.spec.model.replace('/', '_')}/http"

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """See `Encoder`. Raises `EncoderAway`."""
        return asyncio.run(self._encoded(sentences))

    async def _encoded(self, sentences: Sequence[str]) -> Vectors:
        turn = asyncio.Semaphore(AT_ONCE)

        async def of_batch(egress: Egress, batch: Sequence[str]) -> Vectors:
            async with turn:
                return vectors(await self._asked(egress, batch), len(batch))

        try:
            async with (
                Egress(self._policy, self._environ) as egress,
                asyncio.TaskGroup() as group,
            ):
                asked = [
                    group.create_task(of_batch(egress, batch))
                    for batch in batched(sentences, self.spec.batch)
                ]
        except* EncoderAway as away:
            raise away.exceptions[0] from None
        found = [task.result() for task in asked]
        if len({one.shape[1] for one in found}) > 1:
            raise EncoderAway("its vectors differ in length")
        return np.concatenate(found)

    async def _asked(self, egress: Egress, batch: Sequence[str]) -> bytes:
        wanted = {"model": self.spec.model, "input": batch, "encoding_format": "float"}
        body = json.dumps(wanted).encode()
        request = OutRequest("POST", "/v1/embeddings", _HEADERS, body, repeatable=True)
        try:
            async with (
                asyncio.timeout(self.spec.timeout_s),
                egress.open(self._tenant(), self.spec.upstream, request) as incoming,
            ):
                said = bytearray()
                async for chunk in incoming.chunks:
                    said += chunk
                    if len(said) > _MOST_BYTES:
                        raise EncoderAway(f"its answer is over {_MOST_BYTES:,} bytes")
        except TimeoutError as late:
            raise EncoderAway(f"no vectors within {self.spec.timeout_s:g} s") from late
        except EgressBlocked:
            raise
        except FAULTS as fault:
            raise EncoderAway(failure(fault)[1]) from fault
        if incoming.status != 200:
            raise EncoderAway(f"it answered {incoming.status}")
        return bytes(said)

    def _tenant(self) -> str:
        """The guarded client asks on whose behalf: on that of one who forbids the cloud, where there is one."""
        tenants = self._policy.tenants
        return min(tenants, key=lambda name: tenants[name].cloud is Cloud.ALLOWED)


def vectors(body: bytes, count: int) -> Vectors:
    """Unit vectors of an answer in the order of its indexes. Raises `EncoderAway` unless all are there and finite."""
    try:
        data = json.loads(body)["data"]
        rows = {one["index"]: np.asarray(one["embedding"], dtype=np.float32) for one in data}
        found = np.stack([rows[at] for at in range(count)])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise EncoderAway("its answer has not a vector for every sentence") from error
    norms: Vectors = np.linalg.norm(found.reshape(count, -1), axis=1, keepdims=True)
    sound = np.isfinite(norms).all() and (norms > 0).all()
    if found.ndim != 2 or len(data) != count or not sound:
        raise EncoderAway("its vectors are not one a sentence, finite and of some length")
    return np.asarray(found / norms, dtype=np.float32)
