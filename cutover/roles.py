"""What people may do, and which roles hold which others. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a person may do. Each of the first three may also do what those before it may; each other what a viewer may."""

    VIEWER = "viewer"  # read
    ENGINEER = "engineer"  # and propose, hold, resume, roll back
    LEAD = "lead"  # and approve
    REVIEWER = "clinical-reviewer"  # read, and label pairs of answers; none of the others does
    COMPLIANCE = "compliance"  # read everything that is on record
    BREAK_GLASS = "break-glass"  # read, and stop things: hold, roll back, declare an emergency


def enough(needed: Role, roles: Iterable[Role]) -> bool:
    """Whether one of these roles is `needed`, or stands above it."""
    return any(needed is role or needed in _BELOW[role] for role in roles)


def spoken(needed: Role) -> str:
    """A role that is needed, for people who lack it."""
    either = (Role.ENGINEER, needed) if needed is Role.BREAK_GLASS else (needed,)
    return " or ".join([f"`{role}`" for role in either])


def told(roles: Iterable[Role], within: Iterable[tuple[str, Role]] = ()) -> str:
    """Roles for every tenant, and within one alone, as an event tells them: `lead; viewer for klinik-a`."""
    given = set(roles)
    every = [role for role in Role if role in given]
    return "; ".join(
        [", ".join(every)] * bool(every)
        + [f"{role} for {tenant}" for tenant, role in sorted(within)]
    )


_BELOW: Mapping[Role, tuple[Role, ...]] = {
    Role.VIEWER: (),
    Role.ENGINEER: (Role.VIEWER, Role.BREAK_GLASS),
    Role.LEAD: (Role.VIEWER, Role.ENGINEER, Role.BREAK_GLASS),
    Role.REVIEWER: (Role.VIEWER,),
    Role.COMPLIANCE: (Role.VIEWER,),
    Role.BREAK_GLASS: (Role.VIEWER,),
}
