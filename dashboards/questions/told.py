"""An event in one sentence: who did what to what, from what to what, why, and for which change. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

from dashboards import words
from dashboards.clock import Clock
from dashboards.questions.audit import Event
from dashboards.questions.event_words import WORDS

SOME = 5
"""So many of a list are named; the rest is counted."""
LONGEST = 300
AT_MACHINE = "os:"
"""How the name of an account of the operating system begins."""
_SERVICES = {
    "controller": "The controller",
    "drainer": "The drainer",
    "notifier": "The notifier",
    "preflight": "The check of a candidate",
    "proxy": "The proxy",
    "resend": "The nightly asking again",
    "shadow": "The sender of copies",
    "signer": "The signer",
    "worker": "A worker",
}
_UNKNOWN = "(unknown)"
_MAY_BE_NONE = ("", "approved_by", "rolled_back", "switched_on", "ended", "roles")
_ASIDE = ("approval.", "proposal.", "state.transition", "user.signed_in")
"""Types whose words say all that changed."""


def sentence(event: Event, clock: Clock) -> str:
    """What happened, as one reads it aloud."""
    details = event.details or {}
    told = f"{who(event)} {_did(event, details, clock)}{_changed(event, details, clock)}."
    if event.outcome not in (None, "", "ok"):
        told += f" Outcome: {event.outcome}."
    if event.reason:
        told += f" Because: {words.shortened(event.reason, LONGEST)}"
        told += "" if told.endswith((".", "!", "?")) else "."
    if isinstance(ticket := details.get("ticket"), str) and ticket:
        told += f" Ticket {ticket}."
    return told


def who(event: Event) -> str:
    """Who did it; a service by what it is called."""
    name = event.actor.get("name", "")
    if event.actor.get("kind") == "service":
        return _SERVICES.get(name, f"The service {name}" if name else "A service")
    if name.startswith(AT_MACHINE):
        return f"{name.removeprefix(AT_MACHINE)}, at the controller's machine,"
    return name or "Somebody"


def exactly(event: Event) -> str:
    """The event's own letters; what would be seen by nobody, or turn the writing round, as JSON escapes it."""
    return "".join(_escaped(letter) for letter in event.body)


def _escaped(letter: str) -> str:
    return letter if words.visible(letter) == letter else json.dumps(letter)[1:-1]


def _did(event: Event, details: Mapping[str, Any], clock: Clock) -> str:
    template = WORDS.get(event.type)
    if template is None:
        return f"did {event.type} to {_of(event)}"
    given = _Told(event, details, clock)
    return "".join(
        text + (given.part(name) if name is not None else "")
        for text, name, _, _ in Formatter().parse(template)
    )


def _of(event: Event) -> str:
    return event.object.get("id", "") or event.object.get("kind", "") or "what is not named"


@dataclass(frozen=True, slots=True)
class _Told:
    """What a sentence names, by name."""

    event: Event
    details: Mapping[str, Any]
    clock: Clock

    def part(self, name: str) -> str:
        """One of the names, as people read it."""
        if name == "of":
            return _of(self.event)
        if name == "move":
            return _move(self.details)
        if name == "candidates":  # of how many the sign-off drew
            name = "of"
        return value(name, self.details.get(name), self.clock)


def _move(details: Mapping[str, Any]) -> str:
    places = [
        _standing(details.get(f"{end}_stage"), details.get(f"{end}_share"))
        for end in ("from", "to")
    ]
    return " → ".join(places)


def _standing(stage: object, share: object) -> str:
    if not isinstance(stage, str):
        return _UNKNOWN
    try:
        return words.standing(stage, float(str(share)))
    except ValueError:
        return words.named(stage)


def _changed(event: Event, details: Mapping[str, Any], clock: Clock) -> str:
    if event.type.startswith(_ASIDE) or not {"before", "after"} <= details.keys():
        return ""
    before, after = (value("", details[name], clock) for name in ("before", "after"))
    return "" if before == after else f" ({before} → {after})"


def value(name: str, said: object, clock: Clock) -> str:
    """What a detail of this name says, in words."""
    match said:
        case None | "":
            return "none" if name in _MAY_BE_NONE else _UNKNOWN
        case bool():
            return "yes" if said else "no"
        case int():
            return _number(name, said, clock)
        case str():
            return _text(name, said)
        case dict() | list() if not said:
            return value(name, None, clock)
        case dict():
            some = sorted(said.items())[:SOME]
            told = [f"{words.named(key)} {value(key, one, clock)}" for key, one in some]
            return _listed(told, len(said))
        case list():
            return _listed([value("", one, clock) for one in said[:SOME]], len(said))
        case _:
            return words.shortened(str(said), LONGEST)


def _number(name: str, said: int, clock: Clock) -> str:
    if not name.endswith("_us"):
        return f"{said:,}"
    if not said:
        return "no end" if name.startswith(("until", "to")) else "the beginning"
    return _when(said, clock)


def _text(name: str, said: str) -> str:
    if name.endswith("_share"):
        return f"{said} %"
    if _is_hash(said):
        return said[:12]
    return words.shortened(words.named(said) if name == "stage" else said, LONGEST)


def _listed(shown: list[str], of: int) -> str:
    more = of - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _when(at_us: int, clock: Clock) -> str:
    try:
        return clock.when(at_us)
    except (ValueError, OverflowError, OSError):  # a moment that no calendar has
        return f"{at_us:,} µs"


def _is_hash(text: str) -> bool:
    return len(text) == 64 and not text.strip("0123456789abcdef")
