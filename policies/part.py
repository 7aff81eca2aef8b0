"""What every piece of a policy is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
)
from pydantic_core import PydanticCustomError

A_YEAR_S = 366 * 86_400
MOST = {"_s": A_YEAR_S, "_ms": A_YEAR_S * 1_000, "hours": A_YEAR_S // 3_600, "rests": A_YEAR_S}
"""The highest number of a key by how its name ends, where the key itself allows no less."""
HIGHEST = 10**12
"""That of any other: what is higher is a slip, and no clock or count of ours could hold it."""


class Part(BaseModel):
    """A piece of a policy: immutable, and a key nobody knows is a fault, as is a number beyond all use."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _is_of_this_world(cls, value: object, info: ValidationInfo) -> object:
        name = info.field_name or ""
        most = next((most for end, most in MOST.items() if name.endswith(end)), HIGHEST)
        if any(abs(number) > most for number in _numbers(value)):
            raise PydanticCustomError("less_than_equal", "too large", {"le": most})
        return value


def _numbers(value: object) -> Iterator[float]:
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _numbers(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _numbers(one)


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
