"""The sound parts of a policy that has faults, so that one reading tells of the faults between them too.

What is wrong is cut away, the smallest piece first, until the rest is valid. A finding about the
rest is kept only where it does not hang on something that was cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from policies.document import Value
from policies.explain import message, place_of
from policies.fault import Place
from policies.policy import Policy

_ROUNDS = 20  # a fault cuts at most as many pieces as it is deep
_NAMED_IN = {"tenant": "tenants", "upstream": "upstreams", "pass_through": "upstreams"}
"""Where what a key names is declared."""
_TOLD_BY = {"model": "models", "primary": "prices", "candidate": "prices", "signals": "metrics"}
"""Which part of an upstream a finding at a key is read from."""
_HANGS_ON: Mapping[str, frozenset[str]] = {
    "route": frozenset({"routes"}),
    "notify": frozenset({"tenants"}),  # what it may be told hangs on all of them
    "judge": frozenset({"rollouts"}),  # it may have a side in all that are left
    "routes": frozenset({"routes"}),  # rows above
    "plan": frozenset({"plan", "rollouts", "terms"}),
    "unknown_tenants": frozenset({"unknown_tenants", "unknown_upstream"}),
    "unknown_upstream": frozenset({"unknown_tenants", "unknown_upstream"}),
}
"""The parts of a policy that a finding hangs on, by the part, or the key, at which it is told."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A value without the places that were cut, and where its parts stood before."""

    value: Value
    origins: Mapping[Place, Place]

    def origin(self, place: Place) -> Place:
        """A place of this value as a place of the file; what is not there keeps its last part."""
        rest: Place = ()
        while place not in self.origins:
            place, rest = place[:-1], (place[-1], *rest)
        return self.origins[place] + rest


@dataclass(frozen=True, slots=True)
class Sound:
    """A policy of the sound parts, and the faults that showed only once others were cut away."""

    policy: Policy
    kept: Kept
    cut: frozenset[Place]
    faults: tuple[tuple[Place, str], ...]

    def certain(self, place: Place, written: Value) -> bool:
        """Whether a finding at a place of the file holds whatever the cut parts were meant to say."""
        if isinstance(written, str) and any(p[-1] == written for p in self.cut if len(p) == 2):
            return False  # it names an upstream or tenant that is there, but faulty
        if any(_within(part, place) for part in self.cut):
            return False
        if (_NAMED_IN.get(str(place[-1]), ""),) in self.cut:
            return False
        told_by = _TOLD_BY.get(str(place[-1]))
        if told_by and any(p[:1] == ("upstreams",) and p[2:3] == (told_by,) for p in self.cut):
            return False
        tops = {part[0] for part in self.cut}
        if "rollouts" in place[1:]:  # patterns, of a calendar or plan
            return "rollouts" not in tops
        hangs = _HANGS_ON.get("route" if place[-1] == "route" else str(place[0]), frozenset())
        return not tops & hangs


def salvage(value: Mapping[str, Value]) -> Sound | None:
    """The sound parts of a policy; None where the rounds do not suffice."""
    cut: dict[Place, bool] = {}  # whether the key is a known one
    late: dict[Place, str] = {}
    for _ in range(_ROUNDS):
        kept = _without(dict(value), frozenset(cut))
        assert isinstance(kept.value, dict)
        policy, errors = _validated(kept.value)
        if not errors:
            return Sound(policy, kept, frozenset(cut), tuple(late.items()))
        late |= {kept.origin(place_of(e)): message(e) for e in errors if _is_late(e, kept, cut)}
        cut |= {kept.origin(_piece(e)): e["type"] != "extra_forbidden" for e in errors}
    return None


def _validated(value: Mapping[str, Value]) -> tuple[Policy, list[ErrorDetails]]:
    """Each part of a policy on its own; an empty or missing one counts as none of it."""
    parts: dict[str, object] = {"upstreams": {}, "tenants": {}, "rollouts": ()}
    errors: list[ErrorDetails] = []
    for name, field in Policy.model_fields.items():
        if name not in value:
            continue
        try:
            parts[name] = TypeAdapter(field.annotation).validate_python(value[name])
        except ValidationError as error:
            errors += [{**e, "loc": (name, *e["loc"])} for e in error.errors()]
    return Policy.model_construct(**parts), errors  # type: ignore[arg-type]


def _is_late(error: ErrorDetails, kept: Kept, cut: Mapping[Place, bool]) -> bool:
    """Whether a rule between keys is broken by what is written, not by what was cut from beside it."""
    place = kept.origin(place_of(error))
    beside = any(piece[:-1] == place for piece in cut)
    beneath = any(_within(piece, place) for piece, known in cut.items() if known)
    return error["type"] == "value_error" and not beside and not beneath


def _within(piece: Place, place: Place) -> bool:
    """Whether a piece is a place, or a part of it."""
    return piece[: len(place)] == place


def _piece(error: ErrorDetails) -> Place:
    """The smallest piece to cut so that an error goes: one in a list of words takes the list along."""
    place = place_of(error)
    if error["type"] == "missing":
        return place[:-1]
    if isinstance(place[-1], int) and not isinstance(error["input"], dict):
        return place[:-1]
    return place


def _without(value: Value, cut: frozenset[Place]) -> Kept:
    origins: dict[Place, Place] = {}
    return Kept(_copy(value, (), (), cut, origins), origins)


def _copy(
    value: Value, old: Place, new: Place, cut: frozenset[Place], origins: dict[Place, Place]
) -> Value:
    origins[new] = old
    match value:
        case dict():
            return {
                key: _copy(item, (*old, key), (*new, key), cut, origins)
                for key, item in value.items()
                if (*old, key) not in cut
            }
        case list():
            stay = [(at, item) for at, item in enumerate(value) if (*old, at) not in cut]
            return [
                _copy(item, (*old, at), (*new, to), cut, origins)
                for to, (at, item) in enumerate(stay)
            ]
        case _:
            return value


def at(value: Value, place: Iterable[str | int]) -> Value:
    """What a policy says at a place; None where it says nothing."""
    for part in place:
        match value:
            case dict() if isinstance(part, str):
                value = value.get(part)
            case list() if isinstance(part, int) and part < len(value):
                value = value[part]
            case _:
                return None
    return value
