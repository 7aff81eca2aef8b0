"""A request as an upstream understands it: the rules of its translation, applied to the bytes.

Only what a rule is about changes; every other byte stays. Of a key that is given twice the last
counts, as JSON readers take it, and `null` counts as not given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, overload

from mirror.body import Content, Pieces
from mirror.choice import Choice
from mirror.dialects import multipart
from mirror.dialects.dialect import Dialect
from mirror.exchange import Leg, Side
from mirror.members import Members
from policies.translation import Body, IncludeUsage, Rule, Translation, Turn, Turns

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

USAGE = ("stream_options", "include_usage")
_NO_TURNS = Turns()
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
    """One send: which call, to whom, and for which model. No model: the request goes as it came.

    `named` is the model that its body is known to name; empty where nobody has looked.
    """

    dialect: Dialect
    path: str
    content_type: str
    model: str
    side: Side
    leg: Leg
    translation: Translation
    named: str = ""

    @classmethod
    def of(
        cls,
        choice: Choice,
        leg: Leg,
        dialect: Dialect,
        path: str,
        headers: Mapping[str, str],
        named: str = "",
    ) -> Self:
        """A send to a side. Header names are lower case."""
        return cls(
            dialect=dialect,
            path=path,
            content_type=headers.get("content-type", ""),
            model=choice.model,
            side=choice.side,
            leg=leg,
            translation=choice.translation,
            named=named,
        )


@overload
def prepared(body: bytes, asking: Asking) -> bytes | Gap: ...
@overload
def prepared(body: Content, asking: Asking) -> Content | Gap: ...
def prepared(body: Content, asking: Asking) -> Content | Gap:
    """The body that an upstream is sent, or what it lacks to be asked at all.

    Only a candidate is spared what it lacks: a primary is asked all the same and answers for itself.
    Of a form nothing but the model is changed.
    """
    if not asking.model:
        return body
    turns, usage = _turns(asking.path, asking.translation), _wants_usage(asking)
    candidate = asking.side is Side.CANDIDATE
    as_it_came = not usage and not turns.edits and not (candidate and turns.refusals)
    if as_it_came and asking.model == asking.named:
        return body
    if isinstance(body, Pieces) and not asking.dialect.form:
        return _of_file(body, asking)
    if as_it_came:
        return _renamed(body, asking)
    if isinstance(body, Pieces) or asking.dialect.form:
        lacks = _of_form(body, asking, turns) if candidate else None
        return lacks or _renamed(body, asking)
    members = _members(body)
    if members is None:  # nobody takes such a body for one to be copied
        return body
    lacks = _gap(members.document, turns) if candidate else None
    if lacks is not None:
        return lacks
    changed = members.put(("model",), asking.model)
    return members.text().encode() if _edit(members, turns, usage) or changed else body


def _of_file(body: Pieces, asking: Asking) -> Pieces | Gap:
    """The same of a long text, which is in memory meanwhile."""
    with body.body.view() as view:
        old = bytes(view)
    new = prepared(old, asking)
    if isinstance(new, Gap):
        return new
    return body if new is old else body.changed(old, new)


def gap(document: Mapping[str, object], path: str, translation: Translation) -> Gap | None:
    """The first thing that a request asks for and the upstream lacks; None where it lacks nothing."""
    return _gap(document, _turns(path, translation))


def translated(body: bytes, asking: Asking) -> bytes:
    """The body with every edit of the rules; the same bytes where none applies, or it is no object."""
    turns, usage = _turns(asking.path, asking.translation), _wants_usage(asking)
    members = _members(body) if turns.edits or usage else None
    if members is None or not _edit(members, turns, usage):
        return body
    return members.text().encode()


def _turns(path: str, translation: Translation) -> Turns:
    body = BODIES.get(path)
    return translation.turns[body] if body and translation.rules else _NO_TURNS


def _members(body: bytes) -> Members | None:
    try:
        return Members.of(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


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


def _renamed(body: Content, asking: Asking) -> Content:
    if asking.model == asking.named:
        return body
    if isinstance(body, Pieces):
        return body.with_model(asking.content_type, asking.model)
    return asking.dialect.with_model(body, asking.content_type, asking.model)


def _of_form(body: Content, asking: Asking, turns: Turns) -> Gap | None:
    kind = asking.content_type
    try:
        fields = body.fields(kind) if isinstance(body, Pieces) else multipart.fields(body, kind)
    except ValueError:
        return None
    return _gap(fields, turns)


def _gap(document: Mapping[str, object], turns: Turns) -> Gap | None:
    for turn in turns.refusals:
        found = [document] if turn.path == ("*",) else _values(document, turn.path)
        if any(_meant(turn.rule, value) for value in found):
            return Gap(turn.rule.subject, turn.rule.why)
    return None


def _edit(members: Members, turns: Turns, usage: bool) -> bool:
    """Applies the edits, and asks a stream for its usage. True for a change."""
    changed = False
    for turn in turns.edits:
        changed = _EDITS[turn.action](members, turn) or changed
    if usage and members.value("stream") is True:
        changed = members.put(USAGE, True) or changed
    return changed


def _rename(members: Members, turn: Turn) -> bool:
    return members.rename(turn.path, str(turn.rule.to))


def _drop(members: Members, turn: Turn) -> bool:
    narrow = turn.rule.only or turn.rule.unless
    return (not narrow or _meant(turn.rule, members.at(turn.path))) and members.drop(turn.path)


def _default(members: Members, turn: Turn) -> bool:
    return members.at(turn.path) is None and members.put(turn.path, turn.rule.to)


def _force(members: Members, turn: Turn) -> bool:
    return members.put(turn.path, turn.rule.to)


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


def _values(value: object, steps: Sequence[str]) -> Iterator[object]:
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
