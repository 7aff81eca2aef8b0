"""Which events people are told of, and in what words: what happened, why, and what somebody must do.

A notice names tenants, routes and commands; never a patient, a payload or a token. What people wrote
with their own hands, and what servers say of themselves, stays on the premises. Nothing that a tenant
with `cloud: forbidden` caused is told to a cloud, not even without its name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from cutover.clocks import moment
from cutover.notices.words import WORDS, Said
from mirror.journal.events import Event
from policies.notify import Destination, Happening
from policies.policy import Cloud, Policy

LISTED = 10
"""More notices than this in one letter are counted."""
_LONGEST = 300  # characters of a reason


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


TYPES = tuple(WORDS)
"""The events that people may be told of."""


def notice(event: Event) -> Notice | None:
    """One event of `TYPES` as people are told it; None where it says nothing that they must hear."""
    body = json.loads(event.body)
    said = Said(
        str(body["object"]["id"]),
        str(body["actor"]["name"]),
        _line(body["reason"]),
        body["details"],
    )
    try:
        words = WORDS[event.type](said)
        if words is None:
            return None
        kind, what, to_do = words
    except KeyError:  # written by a version that said less: it is told all the same
        kind, what, to_do = Happening.WARNED, f"{event.type} of {said.about}", ""
    ours = body["actor"] == {"kind": "service", "name": "controller"}
    why = said.reason if ours or not said.reason else f"{said.reason} (said by {said.by})"
    return Notice(
        kind, event.tenant, _route(body), event.at_us, _line(what), why, to_do, generated=ours
    )


def for_destination(to: Destination, policy: Policy, found: Notice | None) -> Notice | None:
    """What a destination is told of a notice; None for nothing."""
    if found is None or found.kind not in to.kinds:
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
