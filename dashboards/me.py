"""Whose token it is, and what that person may do. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Me:
    """Whose token it is, and what that person may do: for every tenant, and by tenant for that one alone."""

    name: str
    roles: tuple[str, ...]
    tenants: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def may(self, role: str, tenant: str) -> bool:
        """Whether the person has a role for a tenant, or one above it: viewer < engineer < lead; a clinical reviewer may read."""
        ladder = ("viewer", "engineer", "lead")
        above = ladder[ladder.index(role) :] if role in ladder else (role,)
        above += ("clinical-reviewer",) if role == "viewer" else ()
        return any(each in (*self.roles, *self.tenants.get(tenant, ())) for each in above)

    def may_somewhere(self, role: str) -> bool:
        """Whether the person has a role, or one above it, for every tenant or for any one."""
        return any(self.may(role, tenant) for tenant in ("", *self.tenants))


@dataclass(frozen=True, slots=True)
class Session:
    """A session of somebody who signed in. Its token is in no representation of it."""

    token: str = field(repr=False)
    name: str
    expires_us: int


def roles(me: Me) -> str:
    """What a person may do, and for which tenants: `viewer; lead for klinik-a`."""
    parts = [", ".join(me.roles)] if me.roles else []
    parts += [f"{', '.join(each)} for {tenant}" for tenant, each in sorted(me.tenants.items())]
    return "; ".join(parts)
