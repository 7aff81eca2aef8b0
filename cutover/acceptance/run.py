"""The load itself: four phases, one after the other, on the candidate alone. Start reading at `accept`.

No request is sent in two phases, since a server that keeps prompts would answer it sooner the second time.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from compare.answer import READ, dialect_name, read
from cutover.acceptance.prompts import Prompt, candidates
from cutover.acceptance.sample import Measured, Phase, Sample
from mirror.choice import Choice, choose
from mirror.dialects.usage import usage_in
from mirror.endpoints import cloud_upstreams
from mirror.exchange import Leg, Reply, Side
from mirror.send import Sender, send
from policies.policy import Policy
from policies.routes import Route

_WORDS = (Route.REASON, Route.CHAT)
_PHASES = 4


class NotAlone(Exception):
    """The load would reach more than a candidate on the premises; the message says what to mend."""


def narrowed(policy: Policy, tenant: str) -> Policy:
    """A policy that knows of no upstream but the tenant's candidates. Raises NotAlone.

    A guarded client of it can reach nothing else: not the primary, and no cloud.
    """
    rollouts = candidates(policy, tenant)
    if not rollouts:
        known = ", ".join(sorted({one.tenant for one in policy.rollouts}))
        raise NotAlone(f"tenant {tenant} has no rollout, so no candidate; known: {known}")
    names = {one.candidate.upstream for one in rollouts.values()}
    if outside := sorted(names & cloud_upstreams(policy)):
        raise NotAlone(
            f"candidate {outside[0]} is in the cloud, or shares its address with one that is: "
            "load is put on candidates on the premises alone"
        )
    kept = {name: one for name, one in policy.upstreams.items() if name in names}
    return policy.model_copy(update={"upstreams": kept})


@dataclass(slots=True)
class Bearing:
    """Puts requests on the candidates of a tenant. `sent` is called at each end, for who watches."""

    policy: Policy
    tenant: str
    sender: Sender
    timeout_s: float
    sent: Callable[[], None] = lambda: None
    _to: dict[Route, Choice] = field(init=False)

    def __post_init__(self) -> None:
        self._to = {
            route: choose(self.policy, one, Side.CANDIDATE, "any")
            for route, one in candidates(self.policy, self.tenant).items()
        }

    async def accept(self, prompts: Sequence[Prompt], concurrency: int) -> Measured:
        """All four phases. Requests of routes without a candidate are left out."""
        parts = split([one for one in prompts if one.route in self._to])
        targets = self.policy.targets
        loaded = await self._phase([(parts[0], concurrency)])
        crowd = [(Route.REASON, targets.reason_at_once), (Route.CHAT, targets.chat_at_once)]
        pools = [([one for one in parts[1] if one.route is route], n) for route, n in crowd]
        beside = await self._phase(pools)
        together = await self._phase([(parts[2], targets.together)])
        return Measured(loaded, beside, together, await self._phase([(parts[3], 1)]))

    async def _phase(self, pools: Sequence[tuple[Sequence[Prompt], int]]) -> Phase:
        """Each pool's requests, so many at a time; it starts no more when one pool has none left."""
        short = self._short(pools)
        if short:
            return Phase(short=short)
        samples: list[Sample] = []
        queues = [iter(prompts) for prompts, _ in pools]
        ended = asyncio.Event()

        async def work(queue: Iterable[Prompt]) -> None:
            for prompt in queue:
                samples.append(await self._one(prompt))
                self.sent()
                if ended.is_set():
                    return
            ended.set()

        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for queue, (_, at_once) in zip(queues, pools, strict=True):
                for _ in range(at_once):
                    group.create_task(work(queue))
        took_s = time.perf_counter() - started
        return Phase(tuple(samples), sum(at_once for _, at_once in pools), took_s)

    def _short(self, pools: Sequence[tuple[Sequence[Prompt], int]]) -> str:
        """Why this load cannot be put on them; "" where it can."""
        for prompts, at_once in pools:
            if len(prompts) < at_once:
                return f"{len(prompts)} requests are too few to have {at_once} at once"
        wanted: dict[str, int] = {}
        for prompts, at_once in pools:
            for name in {self._to[one.route].upstream for one in prompts}:
                wanted[name] = wanted.get(name, 0) + at_once
        for name, number in wanted.items():
            cap = self.policy.upstreams[name].capacity.in_flight
            if cap is not None and number > cap:
                return f"not sent: {number} at once are more than `upstreams.{name}.capacity` allows, {cap}"
        return ""

    async def _one(self, prompt: Prompt) -> Sample:
        to, accept = self._to[prompt.route], prompt.accept
        asked = (accept, Leg.SHADOW, to, self.timeout_s, self.policy.deployment)
        return sampled(prompt, await send(self.sender, *asked))


def split(prompts: Sequence[Prompt]) -> list[list[Prompt]]:
    """The requests of each phase: the words' in turns, all others in the first."""
    parts: list[list[Prompt]] = [[] for _ in range(_PHASES)]
    turns: dict[Route, int] = {}
    for one in prompts:
        turn = turns.get(one.route, 0)
        turns[one.route] = turn + 1
        parts[turn % _PHASES if one.route in _WORDS else 0].append(one)
    return parts


def sampled(prompt: Prompt, reply: Reply) -> Sample:
    """What a reply came to. An answer of another than the declared deployment is none."""
    usage = usage_in(reply.body) if not reply.content_encoding else None
    end = "served by another" if reply.other else reply.end.value
    first_us = reply.first_token_us
    return Sample(
        route=prompt.route,
        end=f"{end} {reply.status}" if end == "http_error" else end,
        answered=reply.answered and not reply.other,
        total_s=reply.total_us / 1e6,
        first_token_s=None if first_us is None else first_us / 1e6,
        tokens_in=usage.input if usage else None,
        tokens_out=usage.output if usage else None,
        characters=_characters(prompt, reply),
        audio_s=prompt.audio_s or _told_s(reply),
    )


def _characters(prompt: Prompt, reply: Reply) -> int:
    dialect = dialect_name(prompt.accept)
    known = reply.answered and prompt.route in _WORDS and dialect in READ
    return len(read(reply, dialect).said) if known else 0


def _told_s(reply: Reply) -> float | None:
    """The `duration` of a transcript, as `verbose_json` tells it."""
    try:
        told: object = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    seconds = told.get("duration") if isinstance(told, Mapping) else None
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return None
    return float(seconds) if math.isfinite(seconds) and seconds > 0 else None
