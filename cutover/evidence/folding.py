"""A tally as JSON types and back, number for number: what is folded from sessions, without what the policy says.

The policy's part (demands, bars, weeks) is taken from a tally that has seen nothing. So a tally can be
taken back only where that one is of the same shape, and folds alike: `basis` tells.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from cutover.evidence.bets import Weights
from cutover.evidence.drift import Drift
from cutover.evidence.eprocess import BETS, MeanAbove, MeanAboveLately, MeanAboveSince
from cutover.evidence.gate_tally import GateTally
from cutover.evidence.gates import Demand
from cutover.evidence.measure import measure_of
from cutover.evidence.observation import Rules
from cutover.evidence.pace import Pace
from cutover.evidence.scale import Scale
from cutover.evidence.strata import Shown as ShownThere
from cutover.evidence.strata import Strata, Stratum, Week
from cutover.evidence.tally import Tally
from cutover.stages import Stage
from policies.gates import DriftGate

FOLDING = 2
"""Grows whenever the same sessions come to other numbers than before."""

_KEPT: Mapping[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *(Tally, GateTally, MeanAbove, MeanAboveSince, MeanAboveLately),
        *(Strata, Stratum, ShownThere, Pace, Drift, Scale),
    )
}
_IS = "is"
_PLAIN = (str, int, float, bool)


class OtherShape(ValueError):
    """What was kept is not of the shape that is asked for."""


def told(value: Any) -> Any:
    """A tally, or a part of one, as JSON types; null for what the policy says."""
    if type(value).__name__ in _KEPT:
        return {_IS: type(value).__name__} | {
            one.name: told(getattr(value, one.name)) for one in fields(value)
        }
    if isinstance(value, Mapping):
        return {str(name): told(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [told(one) for one in value]
    return value if type(value) in _PLAIN else None


def retold(empty: Any, kept: Any) -> Any:
    """What `told` gave, with the policy's part from one that has seen nothing. Raises OtherShape."""
    if isinstance(kept, dict) and _IS in kept:
        return _built(empty, kept)
    if isinstance(kept, list):
        return tuple(_items(empty, kept))
    if kept is None and empty is not None and type(empty) not in (*_PLAIN, tuple, dict):
        return empty
    return kept


def _built(empty: Any, kept: dict[str, Any]) -> Any:
    kind = _KEPT.get(kept[_IS])
    names = {one.name for one in fields(kind)} if kind else set()
    if kind is None or names != kept.keys() - {_IS}:
        raise OtherShape(f"{kept[_IS]} is of another version")
    if is_dataclass(empty) and type(empty) is not kind:
        raise OtherShape(f"{kept[_IS]} stands where {type(empty).__name__} is asked for")
    found = kind(**{name: retold(getattr(empty, name, None), kept[name]) for name in names})
    if isinstance(found, GateTally):  # on another scale it is held against a bar of that one
        return replace(found, demand=replace(found.demand, bar=found.harm.m))
    return found


def _items(empty: Any, kept: list[Any]) -> list[Any]:
    nested = any(isinstance(one, dict) for one in kept)
    if not nested:
        return [retold(None, one) for one in kept]
    if not isinstance(empty, tuple) or len(empty) != len(kept):
        raise OtherShape(f"{len(kept)} of something are kept, and the policy asks for others")
    return [retold(one, each) for one, each in zip(empty, kept, strict=True)]


def basis(rules: Rules, stage: Stage, step: int, weights: Weights) -> str:
    """SHA-256 of all that decides what sessions of a standing come to, beside the sessions.

    What a verdict alone asks is no part of it: weights, modes, and what a promotion asks to be shown.
    """
    says = {
        "folding": [FOLDING, *BETS],
        "measure": measure_of(rules).digest,
        "sessions": repr(rules.terms.sessions),
        "stage": stage.value,
        "begins": _said(Tally.begin(rules, stage, step, weights)),
    }
    return hashlib.sha256(json.dumps(says).encode()).hexdigest()


def _said(value: Any) -> Any:
    """As `told`, and with what the policy says of it, but for its week: that is in the measure."""
    if isinstance(value, Demand):
        return repr([value.name, value.bar])
    if type(value).__name__ in _KEPT:
        return [type(value).__name__, *[_said(getattr(value, f.name)) for f in fields(value)]]
    if isinstance(value, tuple | list):
        return [_said(one) for one in value]
    return "" if isinstance(value, Week | DriftGate) else repr(value)
