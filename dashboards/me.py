"""Whose token it is, and what that person may do. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

_NAMED = 3
"""So many tenants are named where somebody has a role for others."""


@dataclass(frozen=True, slots=True)
class Me:
    """Whose token it is, and what that person may do: for every tenant, and by tenant for that one alone."""

    name: str
    roles: tuple[str, ...]
    tenants: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sign_in_again: str | None = None
    """Where their browser goes to prove anew who they are; None for who gives a password."""
    fresh_until_us: int = 0

    def may(self, role: str, tenant: str) -> bool:
        """Whether the person has a role for a tenant, or one above it: viewer < engineer < lead.

        Everybody who has a role may read; engineers and leads may stop things, as who breaks the glass may.
        """
        ladder = ("viewer", "engineer", "lead")
        above = ladder[ladder.index(role) :] if role in ladder else (role,)
        above += ("clinical-reviewer", "compliance", "break-glass") if role == "viewer" else ()
        above += ("engineer", "lead") if role == "break-glass" else ()
        return any(each in (*self.roles, *self.tenants.get(tenant, ())) for each in above)

    def may_somewhere(self, role: str) -> bool:
        """Whether the person has a role, or one above it, for every tenant or for any one."""
        return any(self.may(role, tenant) for tenant in ("", *self.tenants))

    def needs(self, role: str, tenant: str) -> str:
        """What who may not is in want of: `the role lead`, and where they have it for other tenants, that."""
        elsewhere = sorted(each for each in self.tenants if self.may(role, each))
        if not elsewhere:
            return f"the role {role}"
        more = f" and {len(elsewhere) - _NAMED} more" if len(elsewhere) > _NAMED else ""
        named = ", ".join(elsewhere[:_NAMED])
        return f"the role {role} for {tenant}; you have it for {named}{more} alone"

    def must_sign_in_again(self, now_us: int) -> bool:
        """Whether an approval would be refused until they did."""
        return self.sign_in_again is not None and now_us >= self.fresh_until_us


@dataclass(frozen=True, slots=True)
class Session:
    """A session of somebody who signed in. Its token is in no representation of it."""

    token: str = field(repr=False)
    name: str
    expires_us: int


@dataclass(frozen=True, slots=True)
class Ways:
    """How one signs in: `oidc` is where a browser begins at a provider, None where a password is given."""

    oidc: str | None
    provider: str | None


def roles(me: Me) -> str:
    """What a person may do, and for which tenants: `viewer; lead for klinik-a`."""
    parts = [", ".join(me.roles)] if me.roles else []
    parts += [f"{', '.join(each)} for {tenant}" for tenant, each in sorted(me.tenants.items())]
    return "; ".join(parts)
