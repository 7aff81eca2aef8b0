"""Bundles that were made at the controller's machine, by `crossfade export` or a pack: what the event log tells of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dashboards.clock import Clock
from dashboards.questions import told
from dashboards.questions.audit import Event

TYPE = "export.created"
A_LOOK = 50
QUERY = {"kind": TYPE, "limit": f"{A_LOOK}"}
"""How the API is asked for the latest; those of orders are among them."""


def by_hand(events: Iterable[Event]) -> list[Event]:
    """Those of no order: what somebody asked for on the page, or by the API, is in the list of exports."""
    return [one for one in events if one.type == TYPE and not _said(one, "order")]


def title(event: Event) -> str:
    """Of which log it is, and with which profile."""
    return f"{event.tenant or "the deployment's own log"}  ·  {_said(event, 'profile') or 'unknown profile'}"


def story(event: Event, clock: Clock) -> list[str]:
    """Of which days it is; who made it, when and what for; who agreed; and how its manifest is known."""
    begin, end = _moment(event, "from_us", clock), _moment(event, "to_us", clock)
    purpose = _said(event, "purpose") or "no purpose is told"
    found = [
        f"{begin} to {end}",
        f"{told.who(event)} made it, {clock.when(event.at_us)}: {purpose}",
    ]
    asked, agreed = _said(event, "requested_by"), _said(event, "approved_by")
    if asked and asked != event.actor.get("name"):
        found.append(f"{asked} asked for it.")
    if agreed:
        found.append(f"{agreed} approved it.")
    count, manifest = _said(event, "events"), _said(event, "manifest_sha256")
    return [*found, f"{count or 'unknown'} events, manifest SHA-256 {manifest or '(unknown)'}"]


def _details(event: Event) -> dict[str, Any]:
    return event.details or {}


def _said(event: Event, name: str) -> str:
    found = _details(event).get(name)
    return f"{found:,}" if isinstance(found, int) else str(found or "")


def _moment(event: Event, name: str, clock: Clock) -> str:
    found = _details(event).get(name)
    return clock.when(found) if isinstance(found, int) else "(unknown)"
