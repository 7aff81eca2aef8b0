"""What a value must look like, in words: validation errors as messages that say what is allowed."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from rapidfuzz import fuzz, process

from policies.fault import Place, listed
from policies.policy import Policy

FORMS = {
    r"^[a-z0-9][a-z0-9_.-]{0,63}$": "lower case letters, digits, `.`, `_` and `-`, starting with a letter or digit, at most 64",
    r"^[A-Z][A-Z0-9_]*$": "the name of an environment variable, as in OPENAI_API_KEY, never the key itself",
    r"^[0-9a-f]{64}$": "a SHA-256 in hex: 64 digits of 0-9 and a-f",
    r"^/[A-Za-z0-9_\-./*]*$": "a path that starts with `/`, as in /v1/chat/completions",
    r"^/[^\x00]+$": "the absolute path of a file, as in /etc/crossfade/tls.pem",
    r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$": "a host's full name in lower case, as in api.openai.com",
    r"^(sha256:[0-9a-f]{64}|CN=\S.{0,127}|DNS:[a-z0-9.*-]+|URI:\S+)$": "a name in a certificate: CN=app, DNS:app.clinic.example, URI:spiffe://clinic/app or sha256: and 64 hex digits",
    r"^20\d\d-\d\d-\d\d([ T]\d\d:\d\d)?$": "a day or a day and a time, as in 2026-12-24 or 2026-12-24 18:00",
    r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$": "a time of day, as in 18:00; 24:00 ends the day",
    r"^(20\d\d-\d\d-\d\d|[A-Z]{2}(-[A-Z0-9]{1,3})?)$": "a day as in 2026-12-24, a country as in MY or a part of one as in MY-10",
    r"^(mirror|live|step [1-9]\d?)$": "`mirror`, `live`, or a step counted from 1, as in `step 2`",
    r"^([a-z0-9][a-z0-9_.-]*\*?|\*)/([a-z]+|\*)$": "TENANT/ROUTE, as in clinic-a/chat, clinic-a/* or */*",
    r"^[A-Z]{3}$": "a currency's code of three capital letters, as in USD or MYR",
    r"^[A-Z][A-Z0-9_]{0,63}$": "the code of a flag, as in DOSE_CONFLICT: capital letters, digits and `_`",
    r"^([a-z0-9.-]+|\[[0-9a-f:.]+\]):[0-9]{1,5}$": "a host with its port, in lower case, as in mail.clinic.lan:587",
    r"^[a-z0-9-]{1,64}$": "the name of a header: lower case letters, digits and `-`, at most 64",
    r"^https?://[^\s/?#@]+(/[^\s?#]*)?$": "an address as in https://login.clinic.example/realms/staff, without a user, a question mark or a hash",
    r"^[a-z0-9-]+$": "the name of a header: lower case letters, digits and `-`",
}
_KINDS = {
    "string_type": "must be text; put it in quotes if it looks like a number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be `true` or `false`",
    "bool_parsing": "must be `true` or `false`",
    "tuple_type": "must be a list, as in [one, two]",
    "string_too_short": "must not be empty",
    "url_type": "must be an address, as in https://api.openai.com/v1",
    "url_parsing": "must be an address, as in https://api.openai.com/v1",
    "url_scheme": "must start with https:// or http://, as in https://api.openai.com/v1",
}
_LIMITS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def message(error: ErrorDetails) -> str:
    """One validation error in words: what is wrong, what is allowed, and what was likely meant."""
    place = place_of(error)
    match error["type"]:
        case "extra_forbidden":
            return _unknown_key(place)
        case "missing":
            return _missing(place)
        case "enum" | "literal_error":
            return _not_a_choice(place, error["input"])
        case "value_error":
            return str(error["ctx"]["error"])
        case "dict_type" | "model_type" | "model_attributes_type":
            return _not_a_mapping(place)
        case _:
            return _of_a_value(error)


def _of_a_value(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return f"must be {FORMS.get(context['pattern'], context['pattern'])}"
    if kind == "too_short":
        return f"needs at least {context['min_length']} entry"
    if kind in _LIMITS:
        bound, words = _LIMITS[kind]
        return f"must be {words} {context[bound]:,.12g}; it is {error['input']}"
    return _KINDS.get(kind, error["msg"][:1].lower() + error["msg"][1:])


def place_of(error: ErrorDetails) -> Place:
    """Where an error is. A fault in a mapping's key is told at that key."""
    return tuple(part for part in error["loc"] if part != "[key]")


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?` where a known word is close, otherwise nothing."""
    close = process.extractOne(word, list(known), scorer=fuzz.ratio, score_cutoff=60)
    return f"; did you mean `{close[0]}`?" if close else ""


def _unknown_key(place: Place) -> str:
    known = list(_fields(place[:-1]))
    meant = suggestion(str(place[-1]), known)
    return f"is not a key here{meant or '.'} Known keys: {listed(known)}"


def _missing(place: Place) -> str:
    field = _fields(place[:-1]).get(str(place[-1]))
    about = (field.description or _form(field)) if field else None
    choices = _choices(_annotation(place))
    needs = f"one of {listed(choices)}" if choices else about or _example(place)
    return f"is missing. Needed: {needs}"


def _form(field: FieldInfo) -> str:
    """The words for the pattern that a field's value must fit; "" for none."""
    patterns = [str(getattr(one, "pattern", "")) for one in field.metadata]
    return next((FORMS[one] for one in patterns if one in FORMS), "")


def _example(place: Place) -> str:
    keys = list(_fields(place))
    return f"a mapping with the keys {listed(keys)}" if keys else "a value"


def _not_a_choice(place: Place, given: object) -> str:
    choices = _choices(_annotation(place))
    meant = suggestion(str(given), choices) if isinstance(given, str) else ""
    return f"`{given}` is not one of {listed(choices)}{meant}"


def _not_a_mapping(place: Place) -> str:
    keys = list(_fields(place))
    return f"must be a mapping with the keys {listed(keys)}" if keys else "must be a mapping"


def _fields(place: Place) -> dict[str, FieldInfo]:
    """The keys that a place of the policy may have; none where it is not a part of the policy."""
    part = _annotation(place)
    if isinstance(part, type) and issubclass(part, BaseModel):
        return dict(part.model_fields)
    return {}


def _annotation(place: Place) -> object:
    """The type of a place, without `None` and without what only restricts it."""
    current: object = Policy
    for part in place:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(part))
            current = _bare(field.annotation) if field else None
        else:
            arguments = typing.get_args(current)
            item = 1 if typing.get_origin(current) is dict else 0
            current = _bare(arguments[item]) if len(arguments) > item else None
    return current


def _bare(annotation: object) -> object:
    """`X` of `X | None` and of `Annotated[X, ...]`."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _bare(typing.get_args(annotation)[0])
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        return _bare(next(a for a in typing.get_args(annotation) if a is not type(None)))
    return annotation


def _choices(annotation: object) -> list[str]:
    """The words that are allowed, where only certain words are."""
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return [member.value for member in annotation]
    if typing.get_origin(annotation) is typing.Literal:
        return [str(word) for word in typing.get_args(annotation)]
    return []
