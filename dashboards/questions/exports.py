"""Exports that people asked for: where each stands, in words, and what comes next. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from dashboards import words
from dashboards.clock import Clock
from dashboards.me import Me

PATH = "/v1/exports"
MOST_BYTES = 64_000_000
"""A larger bundle is not taken through the page: it would be held in its memory."""
PROFILES = {
    "redacted": "redacted: no words of patients or models",
    "full": "full: with the words themselves; a second person has to approve it",
}
STATES = {
    "requested": "… waits for a second person",
    "approved": "… waits for its turn",
    "running": "▶ is being made",
    "done": "✓ done",
    "failed": "✗ failed",
    "refused": "✗ refused",
    "withdrawn": "– withdrawn",
    "expired": "– nobody approved it in time",
}
WANTED = {"": "all"} | {name: said.partition(" ")[2] for name, said in STATES.items()}
UNENDED = ("requested", "approved", "running")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Order:
    """One export that somebody asked for. Times are microseconds of UTC, 0 for never; `allowed` is what who asks may do."""

    number: int
    id: str
    tenant: str
    from_us: int
    to_us: int
    profile: str
    purpose: str
    ticket: str
    state: str
    requested_by: str
    requested_us: int
    expires_us: int
    approved_by: str
    approved_us: int
    started_us: int
    ended_by: str
    ended_us: int
    reason: str
    sha256: str
    bytes: int
    kept_until_us: int
    deleted_us: int
    allowed: tuple[str, ...]

    @property
    def log(self) -> str:
        """Of which log it is."""
        return self.tenant or "the deployment's own log"


@dataclass(frozen=True, slots=True)
class Orders:
    """A page of them, newest first; `next` goes on with older ones."""

    exports: tuple[Order, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Search:
    """Which are looked for: in one state, "" for all."""

    state: str = ""

    def asked(self, cursor: str) -> dict[str, str]:
        """As the API is asked, behind a place in the list."""
        given = {"state": self.state, "before": cursor if cursor.isdecimal() else ""}
        return {name: value for name, value in given.items() if value}


def path_of(id: str) -> str:
    """The path of one; of none where an address names it wrongly."""
    return f"{PATH}/{id if _ID.fullmatch(id) else '-'}"


def wanted(
    *,
    tenant: str,
    first: date | None,
    last: date | None,
    profile: str,
    ticket: str,
    clock: Clock,
) -> dict[str, object] | str:
    """As the API is asked for one, from the begin of the first day to the end of the last; else what is missing."""
    if first is None or last is None:
        return "! Choose the first day and the last. Nothing was asked for."
    if last < first:
        return "! The last day lies before the first. Nothing was asked for."
    after = last + timedelta(days=1) if last < date.max else last
    body: dict[str, object] = {
        "tenant": tenant.strip(),
        "from_us": clock.midnight_us(first),
        "to_us": clock.midnight_us(after),
        "profile": profile,
    }
    return body | ({"ticket": ticket} if ticket else {})


def state(one: Order) -> str:
    """Where it stands, with a sign."""
    return STATES.get(one.state, words.named(one.state))


def span(one: Order, clock: Clock) -> str:
    """From when to when."""
    return f"{clock.when(one.from_us)} to {clock.when(one.to_us)}"


def story(one: Order, now_us: int, clock: Clock) -> list[str]:
    """Who asked, who agreed and how it went on, each in a sentence."""
    ticket = f", ticket {one.ticket}" if one.ticket else ""
    told = [
        f"{one.requested_by} asked for it, {clock.when(one.requested_us)}{ticket}: {one.purpose}"
    ]
    if one.approved_by:
        told.append(f"{one.approved_by} approved it, {clock.when(one.approved_us)}.")
    if one.state == "running" and one.started_us:
        told.append(f"It has been made for {words.duration(now_us - one.started_us)}.")
    if one.state in ("refused", "withdrawn", "failed", "expired") and one.ended_us:
        by = f"{one.ended_by}, " if one.ended_by else ""
        told.append(
            f"It ended: {by}{clock.when(one.ended_us)}: {one.reason or 'no reason was given'}"
        )
    if one.state == "done":
        told.append(f"{size(one)}, SHA-256 {one.sha256}")
    return told


def size(one: Order) -> str:
    """How large its bundle is."""
    if one.bytes < 1_000_000:
        return f"{one.bytes / 1000:,.1f} kB"
    return f"{one.bytes / 1_000_000:,.1f} MB"


def onward(one: Order, me: Me, now_us: int, clock: Clock) -> str:
    """What comes next, and who does it."""
    match one.state:
        case "requested":
            return _waits(one, me, now_us)
        case "approved":
            return "It is made as soon as the one before it is done."
        case "running":
            return "It goes on by itself, also after a restart of the controller."
        case "failed":
            return "Mend what it says, then ask for the export again."
        case "expired":
            return "Ask for it again, and tell somebody who may approve it."
        case "done" if one.deleted_us:
            return f"Its bundle was deleted, {clock.when(one.deleted_us)}. Ask for the export again."
        case "done":
            kept = (
                f" It is kept until {clock.when(one.kept_until_us)}."
                if one.kept_until_us
                else ""
            )
            return (
                f"Taking it needs the role compliance.{kept}"
                if "download" not in one.allowed
                else kept.strip()
            )
        case _:
            return ""


def _waits(one: Order, me: Me, now_us: int) -> str:
    left_us = one.expires_us - now_us
    left = (
        f"It ends by itself in {words.duration(left_us)}."
        if left_us > 0
        else "It has waited too long."
    )
    if one.requested_by == me.name:
        return f"You asked for it, so somebody else has to approve it. {left}"
    if "approve" not in one.allowed:
        return f"Approving it needs the role compliance or lead. {left}"
    return left


def by_command(one: Order, url: str) -> str:
    """How a bundle that is too large for the page is taken, with the person's own token."""
    return (
        f'curl -fOJ -H "Authorization: Bearer $TOKEN" {url.rstrip("/")}{path_of(one.id)}/bundle'
    )


def moving(orders: tuple[Order, ...]) -> tuple[tuple[str, str, int], ...]:
    """What decides how a list is drawn; when it changes, the page is drawn anew."""
    return tuple([(one.id, one.state, one.deleted_us) for one in orders])


def any_unended(orders: tuple[Order, ...]) -> bool:
    """Whether something of a list changes by itself."""
    return any(one.state in UNENDED for one in orders)
