"""One request to the control API, once it is known who asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from cutover.history import Key
from cutover.people import Person, Role
from cutover.refusals import NotAllowed


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request: who, about which rollout, with what."""

    person: Person
    key: Key
    query: dict[str, str]
    body: bytes

    def need(self, role: Role, tenant: str = "") -> None:
        """Raises NotAllowed for who has no such role for a tenant; "" is every one."""
        if why := self.person.lacks(role, tenant):
            raise NotAllowed(why)

    def sees(self, tenant: str) -> bool:
        """Whether this person may read of a tenant; what is "" concerns all, and everybody reads it."""
        return not tenant or self.person.may(Role.VIEWER, tenant)


Act = Callable[[Call], Response]
"""What a path does. It runs in a thread, so that a slow store holds up nobody else."""
