"""A tenant's probe corpus: its own texts, embedded by both models through the guarded client.

Nothing is kept of it: the texts are those of requests whose payloads are still kept, sealed and for as
long as the tenant's policy says. What is recorded is how alike both models see them.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from sqlalchemy import Connection, select

from compare import answer
from compare.canonical import Matrix
from compare.dialects.embeddings import texts
from compare.dialects.values import parsed
from compare.probe_corpus import (
    FEWEST_DOCUMENTS,
    Embedded,
    Likeness,
    likeness,
    says,
    score,
    split,
)
from mirror.choice import Choice, choose
from mirror.exchange import Accept, Leg, Outcome, Side
from mirror.journal import events, exchanges, tables
from mirror.journal.seal import SealBroken, Sealer
from mirror.send import Sender, send
from policies.policy import Policy, Rollout
from policies.routes import Route

MOST_TEXTS = 1_000
_MOST_REQUESTS = 5_000
_LONGEST_BODY = 1 << 20
_BATCH = 32
_AGAIN = 320
"""Texts that the primary embeds twice: its own noise is small, and known from few."""


class ProbeFault(Exception):
    """There is nothing to compare; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What both models made of one corpus. `noise` is the primary's overlap with itself."""

    documents: int
    queries: int
    likeness: Likeness
    noise: float
    score: float
    says: str


def sampled(conn: Connection, sealer: Sealer, tenant: str) -> list[str]:
    """Distinct texts of a tenant's newest requests for embeddings whose payloads are kept."""
    table = tables.exchange.c
    newest = (
        select(table.id)
        .where(table.tenant == tenant, table.route == Route.EMBED.value)
        .order_by(table.accepted_us.desc())
        .limit(_MOST_REQUESTS)
    )
    found: dict[str, None] = {}
    for (id,) in conn.execute(newest).all():
        found |= dict.fromkeys(_texts(conn, sealer, id))
        if len(found) >= MOST_TEXTS:
            break
    return list(found)[:MOST_TEXTS]


def _texts(conn: Connection, sealer: Sealer, id: str) -> list[str]:
    try:
        accept = exchanges.load_accept(conn, id, sealer, _LONGEST_BODY)
        body = parsed(answer.decoded(accept.body, accept.headers.get("content-encoding", "")))
    except (SealBroken, answer.Undecodable):
        return []
    return [text for text in texts(body) if text.strip()] if isinstance(body, dict) else []


async def probe(
    policy: Policy, rollout: Rollout, given: Sequence[str], sender: Sender, now_us: int
) -> Probed:
    """What both models make of these texts. Raises `ProbeFault`."""
    documents, queries = split(given)
    if len(documents) < FEWEST_DOCUMENTS:
        raise ProbeFault(
            f"{len(given)} texts of {rollout.tenant} are kept, and {FEWEST_DOCUMENTS * 10 // 9 + 1} "
            "are needed: let it embed more, or keep payloads for longer"
        )
    asker = _Asker(policy, rollout, sender, now_us)
    ours = await asker.embedded(Side.PRIMARY, documents, queries)
    theirs = await asker.embedded(Side.CANDIDATE, documents, queries)
    again = await asker.vectors(Side.PRIMARY, documents[:_AGAIN])
    fewer = ours.documents[: len(again)]
    noise = likeness(Embedded(fewer, ours.queries), Embedded(again, ours.queries)).overlap_10
    found = likeness(ours, theirs)
    placed = score(found.overlap_10, len(documents), noise)
    return Probed(len(documents), len(queries), found, noise, placed, says(placed))


def record(
    conn: Connection, rollout: Rollout, found: Probed, actor: dict[str, str], at_us: int
) -> None:
    """Writes what a probe found as an event of its rollout; no word of the texts."""
    numbers = {name: f"{value:.4f}" for name, value in asdict(found.likeness).items()}
    details: dict[str, events.Value] = {
        "candidate_model": rollout.candidate.model,
        "primary_model": rollout.primary.model,
        "documents": found.documents,
        "queries": found.queries,
        "score": f"{found.score:.4f}",
        "noise": f"{found.noise:.4f}",
        "says": found.says,
        **numbers,
    }
    events.append(
        conn,
        tenant=rollout.tenant,
        type="embeddings.probed",
        actor=actor,
        object={"kind": "rollout", "id": f"{rollout.tenant}/{rollout.route}"},
        at_us=at_us,
        outcome="ok",
        reason="",
        details=details,
    )


@dataclass(frozen=True, slots=True)
class _Asker:
    """Asks either side of a rollout for vectors, a batch at a time, as copies are asked."""

    policy: Policy
    rollout: Rollout
    sender: Sender
    now_us: int

    async def embedded(
        self, side: Side, documents: Sequence[str], queries: Sequence[str]
    ) -> Embedded:
        return Embedded(await self.vectors(side, documents), await self.vectors(side, queries))

    async def vectors(self, side: Side, given: Sequence[str]) -> Matrix:
        batches = itertools.batched(given, _BATCH)
        return np.concatenate([await self._batch(side, batch) for batch in batches])

    async def _batch(self, side: Side, batch: Sequence[str]) -> Matrix:
        to = choose(self.policy, self.rollout, side, self.rollout.primary.model)
        leg = Leg.REASK if side is Side.PRIMARY else Leg.SHADOW
        timeout_s = self.policy.terms_of(self.rollout).sampling.timeout_s
        asked = self._request(to, batch)
        reply = await send(
            self.sender, asked, leg, to, timeout_s, deployment=self.policy.deployment
        )
        if not reply.answered or reply.other:
            why = reply.other or f"{reply.end} {reply.status or ''} {reply.error}"
            raise ProbeFault(f"{to.upstream} gave no embeddings: {why.strip()}")
        found = answer.read(reply, "embeddings").vectors
        if found is None or len(found.matrix) != len(batch):
            why = "; ".join(found.faults) if found is not None else ""
            raise ProbeFault(f"{to.upstream} gave no vector for each text{why and f': {why}'}")
        if not np.isfinite(found.matrix).all():
            raise ProbeFault(f"{to.upstream} gave vectors with NaN or infinite numbers")
        return found.matrix

    def _request(self, to: Choice, batch: Sequence[str]) -> Accept:
        body = {"model": to.model, "input": list(batch), "encoding_format": "float"}
        return Accept(
            id=f"probe-{self.now_us}",
            tenant=self.rollout.tenant,
            route=self.rollout.route.value,
            session="probe",
            accepted_us=self.now_us,
            method="POST",
            path="/v1/embeddings",
            requested_model=to.model,
            streaming=False,
            stage="probe",
            epoch=0,
            serving=Side.PRIMARY,
            outcome=Outcome.UNSAMPLED,
            headers={"content-type": "application/json"},
            body=json.dumps(body).encode(),
        )
