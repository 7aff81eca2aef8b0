"""Which route a request has: that of the first rule of the policy's table that fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from policies.policy import Route, RouteRule


@dataclass(frozen=True, slots=True)
class Wanted:
    """What rules find a route by. Header names are lower case."""

    path: str
    model: str
    headers: Mapping[str, str] = field(default_factory=dict)
    image: bool = False


def route_of(rules: Iterable[RouteRule], wanted: Wanted) -> Route | None:
    """The route of the first rule that fits, or None."""
    return next((rule.route for rule in rules if _fits(rule, wanted)), None)


def _fits(rule: RouteRule, wanted: Wanted) -> bool:
    return (
        fnmatchcase(wanted.path, rule.path)
        and fnmatchcase(wanted.model, rule.model)
        and rule.image in (None, wanted.image)
        and all(
            fnmatchcase(wanted.headers.get(name, ""), pattern) and name in wanted.headers
            for name, pattern in rule.header.items()
        )
    )
