"""Whose traffic it is: how a tenant is recognised, where its bytes may go, and what it agreed to."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from policies.limits import TenantLimits
from policies.listeners import CertificateName
from policies.part import Grown, Part
from policies.patients import Patient
from policies.payloads import Payloads

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
"""An id people type and URLs carry: lower case letters, digits, `.`, `_` and `-`."""


class Cloud(StrEnum):
    """Whether a tenant lets any byte of its traffic reach a cloud upstream."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"


class Identity(Part):
    """How a tenant is recognised. Any of the ways given is enough."""

    header: str | None = Field(
        default=None,
        description="Value of the `x-crossfade-tenant` header, believed from trusted peers only.",
    )
    api_key_sha256: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...] = Field(
        default=(), description="SHA-256 of the API keys this tenant's app sends, in hex."
    )
    certificate: tuple[CertificateName, ...] = Field(
        default=(),
        description="Names in its client certificates: CN=, DNS:, URI: or sha256:FINGERPRINT.",
    )

    @model_validator(mode="after")
    def _some_way_is_given(self) -> Self:
        if self.header is None and not self.api_key_sha256 and not self.certificate:
            raise ValueError(
                "needs `header`, `api_key_sha256` or `certificate`, or nobody can be this tenant"
            )
        return self


class Tenant(Grown):
    """Whose traffic."""

    LATER: ClassVar[frozenset[str]] = frozenset(
        {"on_broken_record", "patient", "payloads", "pool", "resend"}
    )

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
    pool: bool = Field(
        default=True,
        description="Its scores, never its words, may help other tenants of the same model, and theirs it.",
    )
    resend: bool = Field(
        default=False,
        description="Consent to send its stored requests to the candidate again, by night.",
    )
    payloads: Payloads = Payloads()
    patient: Patient | None = None
    on_broken_record: Literal["serve", "refuse"] = Field(
        default="serve",
        description="`refuse`: a request whose record cannot be written is not answered.",
    )
    limits: TenantLimits = TenantLimits()
    provenance: bool = Field(
        default=False,
        description="Tell its app who answered, in the header `x-crossfade-served`.",
    )
