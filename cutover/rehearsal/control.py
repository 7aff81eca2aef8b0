"""The rehearsal's view of the control API: the same calls that the dashboard and people make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import httpx
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError


class Part(BaseModel):
    """A piece of an answer; keys that a rehearsal does not need are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Ledger(Part):
    """What became of every request seen; the rest adds up to `seen`."""

    seen: int = 0
    excluded: int = 0
    unsampled: int = 0
    shed: int = 0
    failed: int = 0
    pending: int = 0
    compared: int = 0


class Evidence(Part):
    """One gate, log10: what speaks for promotion, what for harm, and how much is needed."""

    gate: str
    shown: Annotated[float, Field(alias="for")]
    against: float
    needed: float


class Proposal(Part):
    """A move that waits for people."""

    id: str
    signal: str
    from_share: float
    to_share: float


class Transition(Part):
    """A move that happened; shares are percents."""

    signal: str
    from_stage: Annotated[str, Field(alias="from")]
    to_stage: Annotated[str, Field(alias="to")]
    to_share: float
    at_us: int
    actor: str
    reason: str


class Step(Part):
    """One canary step."""

    latency_evidence: bool = False


class View(Part):
    """Where one rollout stands. `transitions` is filled for one rollout, not for the board."""

    tenant: str
    route: str
    stage: str
    share: float
    epoch: int
    step: int = 0
    steps: tuple[Step, ...] = ()
    verdict: str
    reasons: tuple[str, ...] = ()
    waits_for: str = ""
    sessions: int = 0
    comparisons: int = 0
    ledger: Ledger = Ledger()
    evidence: tuple[Evidence, ...] = ()
    proposal: Proposal | None = None
    transitions: tuple[Transition, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Tenant and route."""
        return self.tenant, self.route


class _Board(Part):
    rollouts: tuple[View, ...]
    next: str | None = None


_BOARD = TypeAdapter(_Board)


class ControlError(Exception):
    """The control API did not answer as it should; the message says what was asked and what came."""


@dataclass(frozen=True, slots=True)
class Control:
    """Calls with one person's token, carried by `web`; `proof` is their password."""

    web: httpx.AsyncClient
    proof: str = field(default="", repr=False)

    async def rollouts(self) -> tuple[View, ...]:
        """Every rollout. Raises ControlError."""
        page = await self._read("/v1/rollouts", _BOARD)
        found = page.rollouts
        while page.next:
            page = await self._read("/v1/rollouts", _BOARD, {"cursor": page.next})
            found += page.rollouts
        return found

    async def rollout(self, tenant: str, route: str) -> View:
        """One rollout with its transitions. Raises ControlError."""
        return await self._read(f"/v1/rollouts/{tenant}/{route}", TypeAdapter(View))

    async def approve(self, view: View, reason: str) -> str:
        """Approves the open proposal; "" or why the API refused, as when it was void already."""
        assert view.proposal is not None
        path = f"/v1/rollouts/{view.tenant}/{view.route}/approvals"
        try:
            body = {"proposal": view.proposal.id, "reason": reason, "proof": self.proof}
            answer = await self.web.post(path, json=body)
        except httpx.HTTPError as error:
            return f"{path}: {error or type(error).__name__}"
        return "" if answer.is_success else f"{path}: {answer.status_code} {answer.text[:300]}"

    async def _read[T](
        self, path: str, shape: TypeAdapter[T], query: Mapping[str, str] | None = None
    ) -> T:
        try:
            answer = await self.web.get(path, params=query)
            answer.raise_for_status()
            return shape.validate_json(answer.content)
        except httpx.HTTPError as error:
            raise ControlError(f"GET {path}: {error or type(error).__name__}") from error
        except ValidationError as error:
            raise ControlError(f"GET {path}: not understood: {error}") from error


def connect(control_url: str, token: str) -> httpx.AsyncClient:
    """A client of the control API on loopback; close it by `async with`."""
    return httpx.AsyncClient(
        base_url=control_url,
        headers={"authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=10.0,
    )
