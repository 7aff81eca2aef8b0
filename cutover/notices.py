"""Which events people are told of, and in what words: what happened, why, and what somebody must do.

A notice names tenants, routes and commands; never a patient, a payload or a token. What people wrote
with their own hands, and what servers say of themselves, stays on the premises. Nothing that a tenant
with `cloud: forbidden` caused is told to a cloud, not even without its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from mirror.journal.events import Event
from policies.notify import Destination, Happening
from policies.policy import Cloud, Policy

LISTED = 10
"""More notices than this in one letter are counted."""
_LONGEST = 300  # characters of a reason
_ACT = "--as YOU --reason WHY"


@dataclass(frozen=True, slots=True)
class Notice:
    """One event as a person is told it; `tenant` "" is the deployment, `route` "" all of the tenant.

    `why` is "" where nobody said; `generated` whether it is of our own making. `to_do` is what a
    person must do, "" for nothing.
    """

    kind: Happening
    tenant: str
    route: str
    at_us: int
    what: str
    why: str = ""
    to_do: str = ""
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """One message: all that is new to a destination. `kinds` are those of its notices."""

    title: str
    body: str
    kinds: frozenset[Happening] = frozenset()


@dataclass(frozen=True, slots=True)
class _Said:
    """What an event's body says. `about` names a rollout, an upstream, an emergency or a part."""

    about: str
    by: str
    reason: str
    details: Mapping[str, Any]


type _Words = Callable[[_Said], tuple[Happening, str, str]]


def _moved(said: _Said) -> tuple[Happening, str, str]:
    of = said.details
    where = f"{of['from_stage']} -> {of['to_stage']}, {of['from_share']} -> {of['to_share']} % of sessions"
    if of["signal"] == "roll_back":
        to_do = f"find out why; `crossfade resume {said.about} {_ACT}` mirrors again after the cooldown"
        return Happening.ROLLED_BACK, f"{said.about} was rolled back ({where})", to_do
    return Happening.MOVED, f"{said.about} moved ({where})", ""


def _proposed(said: _Said) -> tuple[Happening, str, str]:
    what = f"{said.about}: {said.details['signal']} to {said.details['to_share']} % is proposed"
    return (
        Happening.PROPOSED,
        what,
        f"decide; to agree: `crossfade approve {said.about} {_ACT}`",
    )


def _held(said: _Said) -> tuple[Happening, str, str]:
    to_do = f"`crossfade resume {said.about} {_ACT}` once the reason is gone"
    return (
        Happening.HELD,
        f"{said.about} is held where it is, in {said.details['stage']}",
        to_do,
    )


def _served_by_other(said: _Said) -> tuple[Happening, str, str]:
    what = f"{said.about}: another answered in the name of the candidate; it is held"
    to_do = (
        f"ask who answers at {said.details['upstream']} (`crossfade explain "
        f"{said.details['exchange']}`), then `crossfade resume {said.about} {_ACT}`"
    )
    return Happening.ALARM, what, to_do


def _emergency(said: _Said) -> tuple[Happening, str, str]:
    what = f"emergency {said.about}: everything goes to the primary"
    return Happening.ALARM, what, f"`crossfade emergency off` with its tenant and route, {_ACT}"


def _drained(said: _Said) -> tuple[Happening, str, str]:
    until_us = said.details["until_us"]
    until = f" until {moment(until_us)}" if until_us else ""
    to_do = "" if until_us else f"`crossfade return {said.about} {_ACT}` when it may be asked"
    return Happening.WARNED, f"upstream {said.about} is drained{until}", to_do


def _incident(said: _Said) -> tuple[Happening, str, str]:
    of = said.details
    what = f"{said.about}: incident {of['incident']} was reported; rollouts held: {of['held']}"
    to_do = f"`crossfade explain {of['exchange']}`; then `crossfade incident close {of['incident']} {_ACT}`"
    return Happening.ALARM, what, to_do


def _clock(said: _Said) -> tuple[Happening, str, str]:
    if not said.details["off_s"]:
        return Happening.RECOVERED, f"the clock of the {said.about} is right again", ""
    return (
        Happening.ALARM,
        f"the clock of the {said.about} jumped: nothing is widened",
        "set it right",
    )


def _gap(said: _Said) -> tuple[Happening, str, str]:
    what = f"records were lost in spool {said.about}"
    return (
        Happening.ALARM,
        what,
        "look at the disk of the data folder; the event `audit.gap` counts what",
    )


def _plain(kind: Happening, what: str, to_do: str = "") -> _Words:
    return lambda said: (kind, what.format(said.about), to_do.format(said.about))


_WORDS: Mapping[str, _Words] = {
    "state.transition": _moved,
    "approval.proposed": _proposed,
    "approval.void": _plain(Happening.PROPOSED, "{}: its proposal is void"),
    "approval.rejected": _plain(
        Happening.WARNED, "{}: somebody who may not tried to approve its proposal"
    ),
    "hold.placed": _held,
    "hold.lifted": _plain(Happening.RECOVERED, "{} is held no more"),
    "candidate.served_by_other": _served_by_other,
    "emergency.on": _emergency,
    "emergency.off": _plain(Happening.RECOVERED, "emergency {} is over"),
    "upstream.drained": _drained,
    "upstream.returned": _plain(Happening.RECOVERED, "upstream {} may be asked again"),
    "drill.passed": _plain(Happening.MOVED, "{}: its rollback drill has passed"),
    "drill.failed": _plain(
        Happening.ALARM,
        "{}: its rollback drill has not passed",
        "find out why, and drill {} again",
    ),
    "harm.warned": _plain(
        Happening.WARNED,
        "{}: harm is likely, and not shown yet",
        "look at its newest flags; where in doubt, `crossfade roll-back {} " + _ACT + "`",
    ),
    "harm.calmed": _plain(Happening.RECOVERED, "{}: harm is no longer likely"),
    "clock.jumped": _clock,
    "incident.reported": _incident,
    "incident.closed": _plain(Happening.RECOVERED, "{}: its incident is closed"),
    "incident.holding": _plain(
        Happening.HELD, "{}: held by an incident with the same candidate"
    ),
    "incident.over": _plain(
        Happening.RECOVERED, "{}: the incident with its candidate is closed"
    ),
    "freeze.placed": _plain(Happening.HELD, "frozen: {}; nothing of it is widened"),
    "freeze.lifted": _plain(Happening.RECOVERED, "the freeze of {} is over"),
    "freeze.broken": _plain(Happening.WARNED, "a freeze was broken: {} may be widened"),
    "freeze.mended": _plain(Happening.RECOVERED, "freezes of {} count again"),
    "audit.gap": _gap,
    "process.crash_recovered": _plain(
        Happening.WARNED, "a proxy was killed; what it had accepted is accounted for ({})"
    ),
}

TYPES = tuple(_WORDS)
"""The events that people may be told of."""


def notice(event: Event) -> Notice:
    """One event of `TYPES` as people are told it."""
    body = json.loads(event.body)
    said = _Said(
        str(body["object"]["id"]),
        str(body["actor"]["name"]),
        _line(body["reason"]),
        body["details"],
    )
    try:
        kind, what, to_do = _WORDS[event.type](said)
    except KeyError:  # written by a version that said less: it is told all the same
        kind, what, to_do = Happening.WARNED, f"{event.type} of {said.about}", ""
    ours = body["actor"] == {"kind": "service", "name": "controller"}
    why = said.reason if ours or not said.reason else f"{said.reason} (said by {said.by})"
    return Notice(
        kind, event.tenant, _route(body), event.at_us, _line(what), why, to_do, generated=ours
    )


def for_destination(to: Destination, policy: Policy, found: Notice) -> Notice | None:
    """What a destination is told of a notice; None for nothing."""
    if found.kind not in to.kinds:
        return None
    if found.tenant and to.tenants and found.tenant not in to.tenants:
        return None
    if found.route and to.routes and found.route not in to.routes:
        return None
    return found if to.location == "onprem" else _for_cloud(policy, found)


def letter(
    to: Destination, policy: Policy, notices: Sequence[Notice], untold_since_us: int = 0
) -> Letter:
    """All that is new to a destination in one message, the oldest first.

    `untold_since_us` is from when on notices may have been dropped because they could not be
    delivered for too long; 0 where none were.
    """
    label = "" if policy.production else " (not for production)"
    about = notices[0].what if len(notices) == 1 else f"{len(notices)} notices"
    parts = [_told(to, one) for one in notices[:LISTED]]
    if len(notices) > LISTED:
        parts.append(
            f"and {len(notices) - LISTED} more: `crossfade status` tells where all stand"
        )
    if untold_since_us:
        parts.append(
            f"what happened since {moment(untold_since_us)} could not be told in time: read the event log"
        )
    title = f"crossfade {policy.deployment}{label}: {about}"
    return Letter(title, "\n\n".join(parts), frozenset([one.kind for one in notices]))


def moment(us: int) -> str:
    """Microseconds of UTC as people read them."""
    return datetime.fromtimestamp(us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _for_cloud(policy: Policy, found: Notice) -> Notice | None:
    """Without what people wrote, and nothing that a tenant that forbids the cloud caused."""
    forbidding = [one for one in policy.tenants.values() if one.cloud is Cloud.FORBIDDEN]
    if found.tenant:
        known = policy.tenants.get(found.tenant)
        if known is None or known.cloud is Cloud.FORBIDDEN:
            return None
    elif forbidding:  # what concerns all concerns them too: its words may name one
        what = f"something that concerns the whole deployment: {found.kind.replace('_', ' ')}"
        return replace(found, what=what, why="", to_do="look at the dashboard")
    return found if found.generated else replace(found, why="")


def _told(to: Destination, one: Notice) -> str:
    lines = [f"{one.what}, {moment(one.at_us)}"]
    if one.why:
        lines.append(f"why: {one.why}")
    lines.append(f"to do: {one.to_do or 'nothing'}")
    if to.page is not None:
        query = urlencode({"tenant": one.tenant, "route": one.route})
        base = str(to.page).rstrip("/")
        lines.append(
            f"page: {base}/rollout?{query}" if one.tenant and one.route else f"page: {base}/"
        )
    return "\n".join(lines)


def _route(body: Mapping[str, Any]) -> str:
    """The route that an event is about, where it is about one."""
    about = body["object"]
    if about["kind"] not in ("rollout", "emergency", "freeze") or "/" not in about["id"]:
        return ""
    return str(about["id"]).partition("/")[2]


def _line(text: str) -> str:
    """On one line of printable characters, and not too long."""
    whole = "".join(char if char.isprintable() else " " for char in text)
    return whole if len(whole) <= _LONGEST else f"{whole[: _LONGEST - 1]}…"
