"""An encoder of the clinic's own: any server on its premises with `POST /v1/embeddings`.

Answers of every tenant are encoded together, and `compare.premises` sees that they stay there.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import batched

import numpy as np

from compare.comparators.alignment import Vectors
from compare.encoders.weights import WeightsError
from compare.premises import Away, OffPremises, Premises
from mirror.egress import Egress
from policies.encoders import HttpEncoder, Reads
from policies.policy import Policy

AT_ONCE = 4
_MOST_BYTES = 64 << 20  # 2,048 vectors of 2,048 numbers as text


class EncoderAway(Exception):
    """The server gave no vectors; what was to be scored can wait for it. The message holds no text."""


@dataclass(frozen=True, slots=True)
class RemoteEncoder:
    """Asks a server for vectors, a few batches at a time."""

    spec: HttpEncoder
    languages: frozenset[str]
    _at: Premises

    @classmethod
    def of(cls, spec: HttpEncoder, policy: Policy, environ: Mapping[str, str]) -> RemoteEncoder:
        """The encoder of a policy. Raises `WeightsError` for an upstream that may not be asked.

        Raises CredentialMissing where the upstream's key is not in the environment.
        """
        try:
            at = Premises.of(spec.upstream, policy, environ)
        except OffPremises as fault:
            raise WeightsError(f"encoders: {fault}") from fault
        codes = {"" if one is Reads.MIXED else one.value for one in spec.languages}
        return cls(spec, frozenset(codes), at)

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
            async with self._at.connected() as egress, asyncio.TaskGroup() as group:
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
        try:
            return await self._at.post(
                egress, "/v1/embeddings", wanted, self.spec.timeout_s, _MOST_BYTES
            )
        except Away as away:
            raise EncoderAway(str(away)) from away


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
