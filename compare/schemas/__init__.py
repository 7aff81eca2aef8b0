"""Documents against a request's own JSON schema, in bounded time and without a network.

The schema comes from a client and may be anything. `$ref` is followed inside of it alone; patterns
run in linear time (RE2), and one that is no regular expression in that sense is left out and named;
every step costs, and a schema that costs too much is broken as one that refers to itself is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import referencing.exceptions
from jsonschema import Draft202012Validator, validators
from jsonschema_specifications import REGISTRY as SPECIFICATIONS
from referencing import Registry, Resource
from referencing.jsonschema import specification_with

from compare.dialects.values import Object
from compare.documents import shown
from compare.schemas.faults import said
from compare.schemas.keywords import BUDGET, FORMATS, Broken, Budget, bounded
from compare.schemas.patterns import Unsupported, pattern

__all__ = ["Broken", "Schema", "compiled"]

LONGEST = 500_000
"""Characters of a schema that is used."""
_SHOWN = 3


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """A schema that is ready to use. `unchecked` names what of it is not looked at, and why.

    `words` are the texts that it lists by name: values of an enumeration.
    """

    _validator: Any
    unchecked: tuple[str, ...] = ()
    words: frozenset[str] = field(default_factory=frozenset)

    def faults(self, value: object) -> tuple[str, ...]:
        """What is wrong with a document, the first few faults with their paths. Raises `Broken`."""
        token = BUDGET.set(Budget())
        found: list[str] = []
        try:
            for error in self._validator.iter_errors(value):
                found.append(said(error))
                if len(found) == _SHOWN:
                    break
        except RecursionError as fault:
            raise Broken("nests too deeply, or refers to itself") from fault
        except referencing.exceptions.Unresolvable as fault:
            raise Broken(
                f"`$ref` {shown(fault.ref)} is not in it, and is not fetched"
            ) from fault
        finally:
            BUDGET.reset(token)
        return tuple(found)


def compiled(schema: Object) -> Schema:
    """The schema of a request, compiled once for all that send the same. Raises `Broken`."""
    try:
        canonical = json.dumps(schema, sort_keys=True)
    except (RecursionError, ValueError) as fault:
        raise Broken("nests too deeply") from fault
    if len(canonical) > LONGEST:
        raise Broken(f"is longer than {LONGEST:,} characters")
    found = _compiled(canonical)
    if isinstance(found, str):
        raise Broken(found)
    return found


@lru_cache(maxsize=128)
def _compiled(canonical: str) -> Schema | str:
    """The schema, or why it is broken: that is remembered as well."""
    try:
        schema = json.loads(canonical)
        return _made(schema)
    except Broken as fault:
        return str(fault)
    except RecursionError:
        return "nests too deeply"


def _made(schema: Any) -> Schema:
    draft = _draft(schema)
    checked_by = bounded(draft)
    meta = Schema(checked_by(_undeclared(draft.META_SCHEMA), registry=_META))
    for fault in meta.faults(schema):
        raise Broken(f"is no JSON schema: {fault}")
    usable = _Usable()
    prepared = usable.prepared(schema)
    registry: Registry[Any] = Registry(retrieve=_refused)  # type: ignore[call-arg]
    return Schema(
        checked_by(prepared, registry=registry, format_checker=FORMATS),
        tuple(usable.unchecked),
        frozenset(usable.words),
    )


def _draft(schema: Mapping[str, Any]) -> Any:
    """The draft that a schema says it is of; the newest where it says none that is known."""
    try:
        named = isinstance(schema.get("$schema"), str)
        return validators.validator_for(schema if named else {}, default=Draft202012Validator)
    except ValueError:  # it says something that is no address
        return Draft202012Validator


def _refused(uri: str) -> Resource[Any]:
    raise referencing.exceptions.NoSuchResource(ref=uri)  # type: ignore[call-arg]


def _undeclared(schema: Any) -> Any:
    """A schema that does not say its draft: the library would take its own keywords, which pay nothing."""
    return {key: value for key, value in schema.items() if key != "$schema"}


_META: Registry[Any] = Registry().with_resources(
    (
        uri,
        specification_with(found.contents["$schema"]).create_resource(
            _undeclared(found.contents)
        ),
    )
    for uri, found in SPECIFICATIONS.items()
)


_VALUES = frozenset({"enum", "const", "default", "examples"})
_NAMED = frozenset(
    {"properties", "$defs", "definitions", "dependentSchemas", "patternProperties"}
)


@dataclass(slots=True)
class _Usable:
    """Goes through a schema and leaves out what is not looked at."""

    unchecked: list[str] = field(default_factory=list)
    words: set[str] = field(default_factory=set)

    def prepared(self, schema: object) -> object:
        """The schema without `$schema` (one draft reads it all) and without what cannot be checked."""
        if isinstance(schema, list):
            return [self.prepared(one) for one in schema]
        if not isinstance(schema, Mapping):
            return schema
        found: dict[str, object] = {}
        for key, value in schema.items():
            if key in _VALUES:
                self._values(value)
                found[key] = value
            elif key in _NAMED and isinstance(value, Mapping):
                found[key] = {name: self.prepared(one) for name, one in value.items()}
            elif key != "$schema":
                found[key] = self.prepared(value)
        return self._without(found)

    def _values(self, value: object) -> None:
        if '"$schema"' in json.dumps(
            value
        ):  # a `$ref` into it would be read by the library alone
            raise Broken("names a draft inside of a value")
        listed = value if isinstance(value, list) else [value]
        self.words.update(one for one in listed if isinstance(one, str))

    def _without(self, schema: dict[str, object]) -> dict[str, object]:
        for key in ("unevaluatedProperties", "unevaluatedItems"):
            if key in schema:
                self.unchecked.append(f"`{key}`")
                del schema[key]
        given = schema.get("pattern")
        if isinstance(given, str) and self._unsupported(given):
            del schema["pattern"]
        named = schema.get("patternProperties")
        if isinstance(named, Mapping) and any([self._unsupported(one) for one in named]):
            del schema["patternProperties"]
            schema.pop("additionalProperties", None)
        return schema

    def _unsupported(self, written: str) -> bool:
        try:
            pattern(written)
        except Unsupported as fault:
            self.unchecked.append(f"pattern {shown(written)} ({fault})")
            return True
        return False
