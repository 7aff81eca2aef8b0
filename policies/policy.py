"""The policy: who the tenants are, who may answer them, and what must be shown before a rollout moves.

Everything here is a frozen value. A policy is read by `policies.load`, which turns a fault into a
message with file, line and key; what a value alone cannot show (unknown names, a forbidden cloud)
is checked by `policies.check`.
"""

from __future__ import annotations

import itertools
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
"""An id people type and URLs carry: lower case letters, digits, `.`, `_` and `-`."""

Share = Annotated[float, Field(gt=0, le=1)]
"""A share of sessions or answers, as a fraction."""

Percent = Annotated[float, Field(ge=0, le=100)]


class Part(BaseModel):
    """A piece of a policy: immutable, and a key nobody knows is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Location(StrEnum):
    """Where the bytes go."""

    CLOUD = "cloud"
    ONPREM = "onprem"


class Cloud(StrEnum):
    """Whether a tenant lets any byte of its traffic reach a cloud upstream."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"


class CredentialMode(StrEnum):
    """Whose key an upstream sees."""

    SWAP = "swap"  # ours, from the environment, instead of the client's
    FORWARD = "forward"  # the client's own
    NONE = "none"  # no key at all, for an upstream inside the clinic's network


class Route(StrEnum):
    """A capability of the app."""

    CHAT = "chat"
    REASON = "reason"
    AUDIO = "audio"
    EMBED = "embed"
    RERANK = "rerank"
    VISION = "vision"


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


class Upstream(Part):
    """A named place that answers."""

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


class Identity(Part):
    """How a tenant is recognised. Any of the ways given is enough."""

    header: str | None = Field(
        default=None,
        description="Value of the `x-crossfade-tenant` header, believed from trusted peers only.",
    )
    api_key_sha256: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...] = Field(
        default=(), description="SHA-256 of the API keys this tenant's app sends, in hex."
    )

    @model_validator(mode="after")
    def _some_way_is_given(self) -> Self:
        if self.header is None and not self.api_key_sha256:
            raise ValueError("needs `header` or `api_key_sha256`, or nobody can be this tenant")
        return self


class Tenant(Part):
    """Whose traffic."""

    identify: Identity
    cloud: Cloud
    pinned: Literal["primary"] | None = Field(
        default=None, description="`primary`: stays on the primary whatever the evidence says."
    )
    pass_through: Name | None = Field(
        default=None,
        description="Upstream for paths that are not mirrored; refused where none is given.",
    )
    reask: bool = Field(
        default=False,
        description="Consent to ask the primary a second time, to measure its own noise.",
    )


class RouteRule(Part):
    """One row of the ordered table that finds a request's route; the first row that fits wins."""

    route: Route
    path: str = Field(default="/v1/chat/completions", pattern=r"^/[A-Za-z0-9_\-./*]*$")
    model: str = Field(default="*", description="Shell pattern on the requested model.")


class Target(Part):
    """One side of a rollout: which upstream, and the name the model has there."""

    upstream: Name
    model: str = Field(min_length=1)


class Sampling(Part):
    """Which sessions are shadowed, and how often the primary is asked again."""

    shadow_percent: Percent = 100
    reask_burst: int = Field(
        default=200, ge=0, description="Re-ask every shadowed session up to this many."
    )
    reask_percent: Percent = Field(default=2, description="Re-ask this share afterwards.")
    max_backlog: int = Field(
        default=1000, ge=1, description="Shadows waiting beyond this are shed, and counted."
    )
    timeout_s: float = Field(default=120, gt=0)


class EquivalenceGate(Part):
    """Agreement beyond the primary's own noise; a declared bar where the primary is never re-asked."""

    margin: Share = 0.15
    clip: Share = 0.5
    bar: Share = Field(
        default=0.65, description="Used without re-asks: agreement, not quality."
    )
    weight: Share = 0.30

    @model_validator(mode="after")
    def _margin_below_clip(self) -> Self:
        if self.margin >= self.clip:
            raise ValueError(
                "`margin` must be smaller than `clip`, or nothing could ever be shown"
            )
        return self


class ShareGate(Part):
    """A share that must be shown to stay below a bar."""

    at_most: Annotated[float, Field(gt=0, lt=1)]
    weight: Share


class LatencyGate(ShareGate):
    """At most this share of answers may take longer than the target."""

    target_ms: int = Field(default=2000, gt=0)
    first_token_ms: int = Field(
        default=800, gt=0, description="Target for streamed answers' first token."
    )


class Gates(Part):
    """The demands on the evidence. One margin serves promotion and rollback."""

    equivalence: EquivalenceGate = EquivalenceGate()
    errors: ShareGate = ShareGate(at_most=0.0185, weight=0.30)
    latency: LatencyGate = LatencyGate(at_most=0.05, weight=0.20)
    flags: ShareGate = ShareGate(at_most=0.04, weight=0.15)
    missing_at_most: Share = Field(
        default=0.02, description="More missing scores than this: hold."
    )


class Alpha(Part):
    """How often a decision may be wrong."""

    promote: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    roll_back: Annotated[float, Field(gt=0, lt=0.5)] = 0.005
    mirror_part: Share = Field(
        default=0.2,
        description="Part of `roll_back` spent in mirror; the steps share the rest.",
    )


class Step(Part):
    """One canary step."""

    percent: Annotated[float, Field(gt=0, le=100)]
    min_served: int = Field(
        default=50, ge=1, description="Sessions the candidate must have answered here."
    )
    soak_s: float = Field(default=3600, ge=0)
    latency_evidence: bool = Field(
        default=False, description="Latency must be shown anew at this share."
    )


class Approvals(Part):
    """How many people must agree before the candidate answers anyone, and before it answers all."""

    to_canary: int = Field(default=1, ge=0, le=3)
    to_live: int = Field(default=1, ge=0, le=3)
    expire_s: float = Field(default=86_400, gt=0)


class Sessions(Part):
    """When a session stops being open as evidence: by count or clock, never by outcome."""

    exchanges: int = Field(default=5, ge=1)
    open_s: float = Field(default=600, ge=0)


class Coverage(Part):
    """How much of the clock the evidence must span before a promotion out of mirror."""

    hours: float = Field(default=24, ge=0)


class Deadlines(Part):
    """How long the candidate may take before the primary answers in its place."""

    first_event_s: float = Field(default=10, gt=0)
    answer_s: float = Field(default=60, gt=0)


def _rising(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    percents = [step.percent for step in steps]
    if any(later <= earlier for earlier, later in itertools.pairwise(percents)):
        these = ", ".join(f"{percent:g}" for percent in percents)
        raise ValueError(f"steps must rise from one to the next, these do not: {these}")
    return steps


class Terms(Part):
    """What a rollout must show, and how fast it may go. The defaults are the production setting."""

    sampling: Sampling = Sampling()
    gates: Gates = Gates()
    alpha: Alpha = Alpha()
    steps: Annotated[tuple[Step, ...], AfterValidator(_rising)] = Field(
        default=(
            Step(percent=1),
            Step(percent=5),
            Step(percent=10),
            Step(percent=25, latency_evidence=True),
            Step(percent=50, latency_evidence=True),
        ),
        min_length=1,
    )
    approvals: Approvals = Approvals()
    sessions: Sessions = Sessions()
    coverage: Coverage = Coverage()
    deadlines: Deadlines = Deadlines()
    mixture_every: int = Field(
        default=25, ge=1, description="Sessions between starts of the harm mixture."
    )
    cooldown_s: float = Field(
        default=3600, ge=0, description="After a rollback, before mirroring again."
    )


class Rollout(Part):
    """One tenant's route on its way from the primary to the candidate."""

    tenant: Name
    route: Route
    primary: Target
    candidate: Target
    start: Literal["off", "mirror"] = "mirror"
    terms: Terms | None = Field(default=None, description="Instead of the policy's `terms`.")


class UnknownTenants(StrEnum):
    """What happens to a request that no tenant's identity fits."""

    REFUSE = "refuse"
    PASS_THROUGH = "pass_through"


class Policy(Part):
    """One reviewed file: everything that is demanded of a deployment."""

    version: Annotated[int, Field(ge=1, le=1)]
    deployment: Name
    production: bool = Field(
        default=True, description="`false` labels every screen and report."
    )
    upstreams: dict[Name, Upstream] = Field(min_length=1)
    tenants: dict[Name, Tenant] = Field(min_length=1)
    routes: tuple[RouteRule, ...] = Field(default=(RouteRule(route=Route.CHAT),), min_length=1)
    terms: Terms = Terms()
    rollouts: tuple[Rollout, ...] = Field(min_length=1)
    unknown_tenants: UnknownTenants = UnknownTenants.REFUSE
    unknown_upstream: Name | None = Field(
        default=None,
        description="Where unknown tenants are passed to, with `unknown_tenants: pass_through`.",
    )
    trusted_peers: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"),
        description="Addresses whose `x-crossfade-tenant` header is believed.",
    )
    session_header: str = Field(default="x-session-id", pattern=r"^[a-z0-9-]+$")

    def terms_of(self, rollout: Rollout) -> Terms:
        """The terms that hold for one rollout: its own, or the policy's."""
        return rollout.terms or self.terms

    def rollout_of(self, tenant: str, route: str) -> Rollout | None:
        """The rollout of a tenant's route, where there is one."""
        for rollout in self.rollouts:
            if (rollout.tenant, rollout.route) == (tenant, route):
                return rollout
        return None
