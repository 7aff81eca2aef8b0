"""What is different between two looks at all rollouts, and which of them somebody watches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

type Row = Mapping[str, Any]
"""A rollout as the control API tells it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rollouts are watched: of one of the tenants and routes, with each of the words; nothing given is all."""

    tenants: frozenset[str] = frozenset()
    routes: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()

    def named(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """A look with what is told of these tenants and routes, whatever the words. What concerns all stays."""
        load = found.get("load")
        if isinstance(load, Mapping):
            load = dict(load)
            for name in ("backlog", "shed", "breakers"):
                load[name] = [one for one in load.get(name, ()) if self._names(one)]
        rollouts = [one for one in found["rollouts"] if self._names(one)]
        return {**found, "rollouts": rollouts, "load": load}

    def worded(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """A look with the rollouts that have the words now."""
        return {**found, "rollouts": [one for one in found["rollouts"] if self._says(one)]}

    def among(
        self, told: Iterable[Change], before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> list[Change]:
        """The changes of rollouts that had the words before or have them after, and of the deployment."""
        if not self.words:
            return list(told)
        found = {
            (one["tenant"], one["route"])
            for look in (before, after)
            for one in look["rollouts"]
            if self._says(one)
        }
        return [one for one in told if not one.route or (one.tenant, one.route) in found]

    def _names(self, one: Row) -> bool:
        return (not self.tenants or one["tenant"] in self.tenants) and (
            not self.routes or one["route"] in self.routes
        )

    def _says(self, one: Row) -> bool:
        text = "\n".join(_texts(one)).casefold()
        return all(word.casefold() in text for word in self.words)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was. Tenant and route are "" for what concerns the deployment.

    `before` and `after` are None where there was nothing, or is nothing; `says` is it in words.
    """

    tenant: str
    route: str
    what: str
    before: object
    after: object
    says: str

    @property
    def line(self) -> str:
        """As one line for people."""
        of = f"{self.tenant} {self.route}".strip()
        return f"{of}: {self.says}" if of else self.says


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What happened between two looks, the deployment first. What a look does not know is no change."""
    return [
        *_of_deployment(before, after),
        *_of_rollouts(_by_key(before), _by_key(after)),
    ]


def _of_deployment(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    was, now = before.get("controller", "acts"), after.get("controller", "acts")
    if was != now:
        says = "no controller answers" if now == "down" else "the controller answers again"
        yield Change("", "", "controller", was, now, says)
    if after.get("switches") and before.get("switches"):
        yield from _of_switches(before["switches"], after["switches"])
    if after.get("load") and before.get("load"):
        yield from _of_breakers(before["load"], after["load"])


def _of_switches(before: Row, after: Row) -> Iterator[Change]:
    for kind, name, what, on, off in (
        ("emergencies", "name", "emergency", "emergency {}: everything goes to the primary", "emergency {} is ended"),
        ("drains", "upstream", "drain", "{} is drained", "{} is asked again"),
    ):  # fmt: skip
        for one in _added(before[kind], after[kind], (name,)):
            why = f"{on.format(one[name])} ({one['by']}: {one['reason']})"
            yield Change("", "", what, None, one[name], why)
        for one in _added(after[kind], before[kind], (name,)):
            yield Change("", "", what, one[name], None, off.format(one[name]))


def _of_breakers(before: Row, after: Row) -> Iterator[Change]:
    key = ("tenant", "route", "upstream")
    was, now = before.get("breakers", ()), after.get("breakers", ())
    for one in _added(was, now, key):
        says = f"the circuit breaker to {one['upstream']} is open: the primary answers"
        yield Change(one["tenant"], one["route"], "breaker", None, one["upstream"], says)
    for one in _added(now, was, key):
        says = f"the circuit breaker to {one['upstream']} is closed"
        yield Change(one["tenant"], one["route"], "breaker", one["upstream"], None, says)


def _added(before: Sequence[Row], after: Sequence[Row], key: tuple[str, ...]) -> list[Row]:
    known = {tuple(one[name] for name in key) for one in before}
    return [one for one in after if tuple(one[name] for name in key) not in known]


def _by_key(found: Mapping[str, Any]) -> dict[tuple[str, str], Row]:
    return {(one["tenant"], one["route"]): one for one in found["rollouts"]}


def _of_rollouts(
    before: Mapping[tuple[str, str], Row], after: Mapping[tuple[str, str], Row]
) -> Iterator[Change]:
    for key, now in after.items():
        was = before.get(key)
        if was is None:
            says = f"{_words(now['stage'])} at {now['share']:g} %"
            yield Change(*key, "stage", None, now["stage"], says)
        else:
            yield from _of_rollout(key, was, now)
    for key, was in before.items():
        if key not in after:
            yield Change(*key, "stage", was["stage"], None, "is not there any more")


def _of_rollout(key: tuple[str, str], was: Row, now: Row) -> Iterator[Change]:
    for what, says in (
        ("stage", _stage),
        ("share", _share),
        ("verdict", _verdict),
        ("held_by", _held),
        ("proposal", _proposal),
    ):
        old, new = _value(was, what), _value(now, what)
        if old != new and not _unknown(was, now, what):
            yield Change(*key, what, old, new, says(was, now))


def _unknown(was: Row, now: Row, what: str) -> bool:
    """Whether one of two looks could not tell: the store knows neither verdicts nor proposals."""
    if what == "proposal":
        return "proposal" not in was or "proposal" not in now
    return what == "verdict" and None in (was[what], now[what])


def _value(one: Row, what: str) -> object:
    found = one.get(what)
    if what == "proposal" and found:
        return found["id"]
    return None if found == "" else found


def _stage(was: Row, now: Row) -> str:
    why = now.get("last_reason") or "; ".join(now.get("reasons", ())[:1])
    because = f", because {why}" if now["stage"] == "rolled_back" and why else ""
    return f"{_words(was['stage'])} -> {_words(now['stage'])}{because}"


def _share(was: Row, now: Row) -> str:
    return f"{was['share']:g} % -> {now['share']:g} % of the sessions"


def _verdict(was: Row, now: Row) -> str:
    return f"verdict {_words(was['verdict'])} -> {_words(now['verdict'])}"


def _held(was: Row, now: Row) -> str:
    if now["held_by"]:
        return f"held by {now['held_by']}: {now['hold_reason']}"
    return f"the hold of {was['held_by']} is lifted"


def _proposal(was: Row, now: Row) -> str:
    one = now["proposal"]
    if one is None:
        return f"proposal {was['proposal']['id']} is no longer open"
    to = f"the move to {one['to_share']:g} % waits for an approval"
    return f"{to}, proposed by {one['proposer']}: crossfade approve {now['tenant']}/{now['route']} --proposal {one['id']}"


def _words(name: object) -> str:
    return str(name).replace("_", " ")


def _texts(one: Row) -> Iterator[str]:
    """What stands in a rollout that people could look for; numbers and the evidence are not."""
    for name in ("tenant", "route", "stage", "verdict", "waits_for", "held_by", "hold_reason"):
        if one.get(name):
            yield _words(one[name])
    yield from map(str, one.get("reasons") or ())


def printable(found: Any) -> Any:
    """The same with texts that cannot move a terminal's cursor: what is no letter or sign becomes a space."""
    match found:
        case str() if found.isprintable():
            return found
        case str():
            return "".join(char if char.isprintable() else " " for char in found)
        case Mapping():
            return {name: printable(value) for name, value in found.items()}
        case list() | tuple():
            return [printable(value) for value in found]
        case _:
            return found


def tally(rollouts: Iterable[Row]) -> str:
    """How many rollouts there are, by stage."""
    stages: dict[str, int] = {}
    for one in rollouts:
        stages[one["stage"]] = stages.get(one["stage"], 0) + 1
    whole = sum(stages.values())
    told = ", ".join(f"{count:,} {_words(stage)}" for stage, count in sorted(stages.items()))
    return f"{whole:,} rollout{'' if whole == 1 else 's'}: {told}" if whole else "no rollout"
