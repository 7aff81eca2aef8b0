"""Who did something, when and why, as events name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What sort of actor an event names."""

    HUMAN = "human"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: a person, or the controller itself."""

    kind: Kind
    name: str
    roles: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    """What they may do, each with the tenant that it is for, "" for every one: no part of who they are."""

    def body(self) -> dict[str, str]:
        """As an event carries it."""
        return {"kind": self.kind.value, "name": self.name}

    def body_in(self, tenant: str) -> dict[str, str]:
        """The same with the roles they had for this tenant; a log tells of no other tenant's."""
        here = sorted({role for where, role in self.roles if where in ("", tenant)})
        return self.body() | ({"roles": " ".join(here)} if here else {})


CONTROLLER = Actor(Kind.SERVICE, "controller")


@dataclass(frozen=True, slots=True)
class Deed:
    """Who did something, when, and why; for which change, by the number of its `ticket`, "" for none."""

    actor: Actor
    at_us: int
    reason: str
    ticket: str = ""
