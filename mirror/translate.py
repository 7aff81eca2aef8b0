"""A request as an upstream understands it: the rules of its translation, applied to the bytes.

Only what a rule is about changes; every other byte stays. Of a key that is given twice the last
counts, as JSON readers take it, and `null` counts as not given.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mirror.dialects import multipart
from mirror.dialects.dialect import Dialect
from mirror.exchange import Leg, Side
from mirror.members import Members
from policies.translation import Body, IncludeUsage, Rule, Translation

BODIES = {
    "/v1/chat/completions": Body.CHAT,
    "/v1/completions": Body.COMPLETIONS,
    "/v1/responses": Body.RESPONSES,
    "/v1/embeddings": Body.EMBEDDINGS,
    "/v1/moderations": Body.MODERATIONS,
    "/v1/audio/transcriptions": Body.TRANSCRIPTIONS,
    "/v1/audio/translations": Body.TRANSLATIONS,
} | {
    f"{version}/{name}": body
    for version in ("", "/v1", "/v2")
    for name, body in (("rerank", Body.RERANK), ("score", Body.SCORE))
}
"""The body of each call that rules can be about."""

USAGE = "stream_options.include_usage"
_TELL_USAGE = (Body.CHAT, Body.COMPLETIONS)


@dataclass(frozen=True, slots=True)
class Gap:
    """What a request asks for and an upstream cannot do. Holds no word of the request."""

    parameter: str
    why: str

    def __str__(self) -> str:
        """For people and for error messages."""
        named = "this call" if self.parameter == "*" else f"`{self.parameter}`"
        return f"{named}: {self.why}" if self.why else f"{named} is not supported"


@dataclass(frozen=True, slots=True)
class Asking:
    """One send: which call, to whom, and for which model. No model: the request goes as it came."""

    dialect: Dialect
    path: str
    content_type: str
    model: str
    side: Side
    leg: Leg
    translation: Translation


def prepared(body: bytes, asking: Asking) -> bytes | Gap:
    """The body that an upstream is sent, or what it lacks to be asked at all.

    Only a candidate is spared what it lacks: a primary is asked all the same and answers for itself.
    """
    if not asking.model:
        return body
    if asking.side is Side.CANDIDATE:
        lacks = gap_of(body, asking)
        if lacks is not None:
            return lacks
    return translated(
        asking.dialect.with_model(body, asking.content_type, asking.model), asking
    )


def gap_of(body: bytes, asking: Asking) -> Gap | None:
    """What an upstream lacks to answer a body; reads it only where a rule could say so."""
    if not any(rule.refuse for rule in _rules(asking.path, asking.translation)):
        return None
    try:
        if asking.dialect.form:
            document: object = multipart.fields(body, asking.content_type)
        else:
            document = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):  # nobody takes such a body for one to be copied
        return None
    found = document if isinstance(document, dict) else {}
    return gap(found, asking.path, asking.translation)


def gap(document: Mapping[str, object], path: str, translation: Translation) -> Gap | None:
    """The first thing that a request asks for and the upstream lacks; None where it lacks nothing."""
    for rule in _rules(path, translation):
        if rule.refuse is None:
            continue
        found = [document] if rule.refuse == "*" else _values(document, rule.refuse.split("."))
        if any(_meant(rule, value) for value in found):
            return Gap(rule.refuse, rule.why)
    return None


def translated(body: bytes, asking: Asking) -> bytes:
    """The body with every edit of the rules; the same bytes where none applies, or it is no object."""
    rules = _rules(asking.path, asking.translation)
    usage = _wants_usage(asking)
    if not usage and not any(rule.refuse is None for rule in rules):
        return body
    try:
        text = body.decode("utf-8-sig")
        members = Members.of(text)
    except (ValueError, RecursionError):
        return body
    changed = _edit(members, rules)
    if usage and members.value("stream") is True:
        changed = members.put(USAGE.split("."), True) or changed
    return members.text().encode() if changed else body


def _rules(path: str, translation: Translation) -> tuple[Rule, ...]:
    body = BODIES.get(path)
    return translation.of(body) if body and translation.rules else ()


def _wants_usage(asking: Asking) -> bool:
    if BODIES.get(asking.path) not in _TELL_USAGE:
        return False
    match asking.translation.include_usage:
        case IncludeUsage.ALWAYS:
            return True
        case IncludeUsage.COPIES:
            return asking.leg is not Leg.SERVED
        case _:
            return False


def _edit(members: Members, rules: Iterable[Rule]) -> bool:
    """Applies the edits: names first, then what goes, then what is missing, then what must be."""
    changed = False
    for action, apply in _EDITS.items():
        for rule in rules:
            if rule.action == action:
                changed = apply(members, rule, rule.subject.split(".")) or changed
    return changed


def _rename(members: Members, rule: Rule, path: list[str]) -> bool:
    return members.rename(path, str(rule.to))


def _drop(members: Members, rule: Rule, path: list[str]) -> bool:
    narrow = rule.only or rule.unless
    return (not narrow or _meant(rule, members.at(path))) and members.drop(path)


def _default(members: Members, rule: Rule, path: list[str]) -> bool:
    return members.at(path) is None and members.put(path, rule.to)


def _force(members: Members, rule: Rule, path: list[str]) -> bool:
    return members.put(path, rule.to)


_EDITS = {"rename": _rename, "drop": _drop, "default": _default, "force": _force}


def _meant(rule: Rule, value: object) -> bool:
    """Whether a rule is about a value; one that asks for nothing never is, unless it is named."""
    if rule.only:
        return any(_same(value, one) for one in rule.only)
    if value is None or (isinstance(value, list | dict | str) and not value):
        return False
    return not any(_same(value, one) for one in rule.unless)


def _same(one: object, other: object) -> bool:
    return one == other and isinstance(one, bool) is isinstance(other, bool)


def _values(value: object, steps: list[str]) -> Iterator[object]:
    """What stands at the end of a path; a step with `[]` leads into every item of a list."""
    if not steps:
        yield value
        return
    step, *rest = steps
    name = step.removesuffix("[]")
    if not isinstance(value, Mapping) or name not in value:
        return
    found = value[name]
    if step == name:
        yield from _values(found, rest)
    elif isinstance(found, list):
        for item in found:
            yield from _values(item, rest)
