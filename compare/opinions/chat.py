"""A chat model on the premises that is asked for opinions, over the guarded client.

Scoring waits for it, but never long: whatever was not said in time is not heard, and a model that was
away is left alone for a while.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from compare.dialects import READERS
from compare.opinions import prompts
from compare.opinions.port import Claim, Question, Relation, Ruling, Unheard
from compare.opinions.prompts import Messages, Schema
from compare.premises import Away, Premises
from mirror.egress import Egress
from policies.judges import Opinion
from policies.policy import Policy

AT_ONCE = 8
WITHIN_S = 10.0
"""For all questions of one kind about a batch; what was scored must be settled within the worker's lease."""
RESTS_S = 60.0
_MOST_BYTES = 1 << 20
_TOKENS = 300
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class ChatModel:
    """Asks one model. `clock` gives seconds, of any origin."""

    spec: Opinion
    clock: Callable[[], float] = time.monotonic
    _at: Premises = field(kw_only=True)
    _rests_until: float = field(default=float("-inf"), init=False)

    @classmethod
    def of(cls, spec: Opinion, policy: Policy, environ: Mapping[str, str]) -> ChatModel:
        """The model of a policy. Raises `OffPremises` and CredentialMissing."""
        return cls(spec, _at=Premises.of(spec.upstream, policy, environ))

    def answers(self, asked: Sequence[Messages], schema: Schema) -> list[str | Unheard]:
        """What it says to each, in order: its words, or why there are none."""
        if self.clock() < self._rests_until:
            return [Unheard("it was away a moment ago")] * len(asked)
        return asyncio.run(self._answers([self._body(one, schema) for one in asked]))

    async def _answers(self, bodies: Sequence[Mapping[str, Any]]) -> list[str | Unheard]:
        found: list[str | Unheard | None] = [None] * len(bodies)
        turn = asyncio.Semaphore(AT_ONCE)
        why = f"not all opinions came within {WITHIN_S:g} s"

        async def ask(egress: Egress, place: int) -> None:
            async with turn:
                found[place] = await self._answer(egress, bodies[place])

        try:
            async with (
                self._at.connected() as egress,
                asyncio.timeout(WITHIN_S),
                asyncio.TaskGroup() as group,
            ):
                for place in range(len(bodies)):
                    group.create_task(ask(egress, place))
        except* Away as away:  # then none of the others is waited for
            why = str(away.exceptions[0])
            self._rests_until = self.clock() + RESTS_S
            _log.warning("%s is away and not asked for %g s: %s", self.spec.model, RESTS_S, why)
        except* TimeoutError:
            pass
        return [Unheard(why) if one is None else one for one in found]

    async def _answer(self, egress: Egress, body: Mapping[str, Any]) -> str | Unheard:
        """Raises `Away` where others need not be asked either."""
        try:
            said = await self._at.post(
                egress, "/v1/chat/completions", body, self.spec.timeout_s, _MOST_BYTES
            )
        except Away as away:
            if 400 <= away.status < 500:  # of this one request: too long, for instance
                return Unheard(str(away))
            raise
        answer = READERS["chat"].of_body(said, "application/json")
        return Unheard("its answer is no chat completion") if answer.problem else answer.text

    def _body(self, messages: Messages, schema: Schema) -> dict[str, Any]:
        shape = {"name": "opinion", "strict": True, "schema": schema}
        return {
            "model": self.spec.model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": _TOKENS,
            "response_format": {"type": "json_schema", "json_schema": shape},
        }


@dataclass(frozen=True, slots=True)
class ChatNli:
    """Entailment by a chat model. Every claim is a request of its own: no sentence speaks for another."""

    model: ChatModel

    @property
    def id(self) -> str:
        """The model's name, and that it was asked for entailment."""
        return f"nli:{self.model.spec.model.replace('/', '_').replace(' ', '_')}"

    def relations(self, claims: Sequence[Claim]) -> list[Relation | Unheard]:
        """See `Nli`."""
        asked = [prompts.of_claim(one, _fence()) for one in claims]
        return [
            said if isinstance(said, Unheard) else prompts.relation(said)
            for said in self.model.answers(asked, prompts.RELATION)
        ]


@dataclass(frozen=True, slots=True)
class ChatJudge:
    """A judge by a chat model."""

    model: ChatModel

    @property
    def id(self) -> str:
        """The model's name, and that it was asked to judge."""
        return f"judge:{self.model.spec.model.replace('/', '_').replace(' ', '_')}"

    def rulings(self, questions: Sequence[Question]) -> list[Ruling | Unheard]:
        """See `Judge`."""
        asked = [prompts.of_question(one, _fence()) for one in questions]
        return [
            said if isinstance(said, Unheard) else prompts.ruling(said)
            for said in self.model.answers(asked, prompts.RULING)
        ]


def _fence() -> str:
    return secrets.token_hex(8)
