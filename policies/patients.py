"""Where a tenant's requests say which patient they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, Self

from pydantic import Field, model_validator

from policies.fault import Place
from policies.part import Part

SENT_ON = frozenset({"x-request-id"})
"""Headers that reach upstreams, and the store: no reference of a patient may be among them."""
_OURS = ("x-crossfade-", "x-stainless-")


class Patient(Part):
    """Where a request names its patient. A pseudonym of it is kept, never what it says."""

    header: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9-]{1,64}$",
        description="A header of the tenant's app, as in x-patient-id; it is sent to no upstream.",
    )
    metadata: str | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="A key of the body's `metadata`; the body goes to the upstream as it is.",
    )

    @model_validator(mode="after")
    def _one_place_is_named(self) -> Self:
        if (self.header is None) == (self.metadata is None):
            raise ValueError("needs `header` or `metadata`, and not both")
        name = self.header or "x-"
        if not name.startswith("x-") or name in SENT_ON or name.startswith(_OURS):
            raise ValueError(
                "`header` must start with `x-` and be none that upstreams are told"
            )
        return self


class HasPatient(Protocol):
    """A tenant, as far as this file knows it."""

    @property
    def patient(self) -> Patient | None:
        """Where its requests say whose they are."""


def patient_faults(
    tenants: Iterable[tuple[str, HasPatient]], session_header: str
) -> Iterator[tuple[Place, str]]:
    """Tenants whose header names sessions too: a session's name is kept as it came."""
    for name, tenant in tenants:
        if tenant.patient is not None and tenant.patient.header == session_header:
            place: Place = ("tenants", name, "patient", "header")
            yield place, "is `session_header` too, whose values are kept; name another header"
