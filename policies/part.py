"""What every piece of a policy is."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer


class Part(BaseModel):
    """A piece of a policy: immutable, and a key nobody knows is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Grown(Part):
    """A piece whose `LATER` keys came when policies were in force already.

    One that stands at its default is not written down, so that a policy that says nothing of it
    keeps the hash that approvals are bound to.
    """

    LATER: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _as_before(self, told: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields = type(self).model_fields
        unsaid = [name for name in self.LATER if getattr(self, name) == fields[name].default]
        return {name: value for name, value in told(self).items() if name not in unsaid}
