"""Keywords of JSON schemas that pay for what they do, so that no schema takes for ever.

The library's own keywords do the checking; those that would run a pattern, or compare every item
with every other, are replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from jsonschema import FormatChecker, validators
from jsonschema.exceptions import ValidationError

from compare.documents import shown
from compare.schemas.patterns import Unsupported, pattern

STEPS = 1_000_000
"""Keywords and members looked at, for one document: a few seconds at most."""
DEEPEST_REFS = 60
_REF = 60  # steps that following a reference costs


class Broken(ValueError):
    """A schema that cannot be used; the message says why. No answer is to blame for it."""


@dataclass(slots=True)
class Budget:
    """What is left for one document."""

    steps: int = STEPS
    refs: int = 0

    def spend(self, steps: int) -> None:
        """Pay for so many steps. Raises `Broken` where too few are left."""
        self.steps -= steps
        if self.steps < 0:
            raise Broken("takes too many steps to check")


BUDGET: ContextVar[Budget] = ContextVar("budget")


type _Keyword = Callable[[Any, Any, Any, Any], Iterable[ValidationError] | None]


@lru_cache(maxsize=8)
def bounded(draft: Any) -> Any:
    """A draft whose keywords pay for what they do."""
    own: dict[str, _Keyword] = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
    keywords = draft.VALIDATORS | {name: own[name] for name in own if name in draft.VALIDATORS}
    refs = {"$ref", "$dynamicRef", "$recursiveRef"}
    return validators.extend(
        draft,
        {name: _paid(keyword, name in refs) for name, keyword in keywords.items()},
    )


def _paid(keyword: _Keyword, refers: bool) -> _Keyword:
    def paid(
        validator: Any, value: Any, instance: Any, schema: Any
    ) -> Iterator[ValidationError]:
        budget = BUDGET.get()
        budget.spend((_REF if refers else 1) + _size(value) + _size(instance))
        budget.refs += refers
        if budget.refs > DEEPEST_REFS:
            raise Broken("refers to itself without an end, or nests too deeply")
        try:
            for error in keyword(validator, value, instance, schema) or ():
                budget.spend(len(error.message) // 64)
                yield error
        finally:
            budget.refs -= refers

    return paid


def _size(value: object) -> int:
    return len(value) if isinstance(value, list | dict) else 0


def _pattern(
    validator: Any, value: str, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _matches(value, instance):
        yield ValidationError(f"does not match {value!r}")


def _pattern_properties(
    validator: Any, value: Mapping[str, Any], instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for written, inner in value.items():
            for name, member in instance.items():
                if _matches(written, name):
                    yield from validator.descend(member, inner, path=name, schema_path=written)


def _additional_properties(
    validator: Any, value: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, member in instance.items():
        if name in known or any(_matches(one, name) for one in patterns):
            continue
        if value is False:
            yield ValidationError(f"`{shown(name)}` is not allowed")
        else:
            yield from validator.descend(member, value, path=name)


def _unique_items(
    validator: Any, value: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if value is True and isinstance(instance, list):
        seen = {json.dumps(one, sort_keys=True) for one in instance}
        if len(seen) < len(instance):
            yield ValidationError("holds the same item twice")


def _matches(written: str, said: str) -> bool:
    budget = BUDGET.get()
    budget.spend(1 + len(said) // 1000)
    try:
        found = pattern(written)
    except Unsupported:
        return True
    return found.found_in(said)


_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.I
)


def _date_time(value: object) -> bool:
    """RFC 3339. Raises `ValueError` for a moment that there is not."""
    if not isinstance(value, str):
        return True
    return bool(_DATE_TIME.fullmatch(value) and datetime.fromisoformat(value.upper()))


FORMATS = FormatChecker(formats=("date", "email", "uuid"))
FORMATS.checks("date-time", raises=ValueError)(_date_time)
