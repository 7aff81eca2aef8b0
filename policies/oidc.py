"""Where people sign in: a clinic's own provider (OpenID Connect), and what its groups may do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from policies.notify import HostAndPort
from policies.part import Part
from policies.tenants import Name

Address = Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", max_length=500)]
"""An address without query, fragment or password."""
RoleName = Literal[
    "viewer", "engineer", "lead", "clinical-reviewer", "compliance", "break-glass"
]


class Granted(Part):
    """What the members of one group may do."""

    group: str = Field(
        min_length=1, max_length=256, description="As the provider's claim tells it."
    )
    role: RoleName
    tenants: tuple[Name, ...] = Field(
        default=(), description="For these alone; empty for every one."
    )


class Oidc(Part):
    """One provider. Its secret lives in the environment, never in the policy."""

    issuer: Address = Field(
        description="As its tokens name it; its description is read at "
        "ISSUER/.well-known/openid-configuration."
    )
    client_id: str = Field(
        min_length=1, max_length=256, description="crossfade's name at the provider."
    )
    client_secret: str | None = Field(
        default=None,
        pattern=r"^[A-Z][A-Z0-9_]*$",
        description="Name of the environment variable that holds the client's secret; none for a "
        "client that has none.",
    )
    audience: str | None = Field(
        default=None,
        max_length=256,
        description="Whom tokens are for; `client_id` unless said.",
    )
    hosts: tuple[HostAndPort, ...] = Field(
        default=(), description="Further hosts of the provider, for its keys and tokens."
    )
    groups_claim: str = Field(
        default="groups", min_length=1, max_length=256, description="Which claim lists groups."
    )
    name_claim: str = Field(
        default="preferred_username",
        min_length=1,
        max_length=256,
        description="Which claim names a person for the record, when they come first.",
    )
    api: Address = Field(description="Where browsers reach the control API.")
    dashboard: Address = Field(
        description="Where browsers reach the dashboard, at the same host."
    )
    grants: tuple[Granted, ...] = Field(
        min_length=1, description="What members of groups may do; who is in none may nothing."
    )

    @property
    def for_whom(self) -> str:
        """The audience that tokens must name."""
        return self.audience or self.client_id


class PeopleIdentity(Part):
    """How people prove who they are; without it they are local users with passwords."""

    oidc: Oidc | None = Field(
        default=None,
        description="With it, approvals come from people of the provider alone.",
    )
