"""What is changed in a request before an upstream gets it, and what that upstream cannot do at all.

A rule names one parameter of one or more request bodies. Those of a preset hold unless a rule of
the policy's own names the same parameter of the same body.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Self

from pydantic import AfterValidator, Field, JsonValue, model_validator

from policies.fault import Place
from policies.part import Part


class Preset(StrEnum):
    """Servers whose differences from OpenAI are known."""

    OPENAI = "openai"
    LITELLM = "litellm"
    VLLM = "vllm"
    SGLANG = "sglang"
    TRTLLM = "trtllm"
    TRITON = "triton"
    OLLAMA = "ollama"


class Body(StrEnum):
    """The bodies that rules are about, by the call that they are sent with."""

    CHAT = "chat"
    COMPLETIONS = "completions"
    RESPONSES = "responses"
    EMBEDDINGS = "embeddings"
    MODERATIONS = "moderations"
    RERANK = "rerank"
    SCORE = "score"
    TRANSCRIPTIONS = "transcriptions"
    TRANSLATIONS = "translations"


class IncludeUsage(StrEnum):
    """Which streams are asked to end with the number of tokens they took."""

    NEVER = "never"  # those alone whose client asks for it
    COPIES = "copies"  # those that no client reads: shadows and re-asks
    ALWAYS = "always"  # every one; clients see one more event, with no choices in it


_STEP = r"[A-Za-z_][A-Za-z0-9_-]{0,63}"
_NAME = re.compile(rf"{_STEP}(\.{_STEP}){{0,5}}")
_PATTERN = re.compile(rf"\*|{_STEP}(\[\])?(\.{_STEP}(\[\])?){{0,7}}")
_EVERYWHERE = ("model", "stream")  # what routing itself reads and rewrites


def _parameter(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"`{name}` is no parameter, as in temperature or stream_options.include_usage"
        )
    if name in _EVERYWHERE:
        raise ValueError(
            f"`{name}` is not for rules: the rollout says which model, the client whether to stream"
        )
    return name


def _pattern(name: str) -> str:
    if not _PATTERN.fullmatch(name):
        raise ValueError(
            f"`{name}` is no parameter, as in response_format.type, messages[].content[].type,"
            " or `*` for the whole call"
        )
    return name


Parameter = Annotated[str, AfterValidator(_parameter)]
"""A parameter of a body; dots lead into objects."""

Pattern = Annotated[str, AfterValidator(_pattern)]
"""A parameter where `[]` stands for every item of a list, or `*` for the call itself."""

_FORMS = {Body.TRANSCRIPTIONS, Body.TRANSLATIONS}
EDITS = ("rename", "drop", "default", "force")
ACTIONS = (*EDITS, "refuse", "keep")


class Rule(Part):
    """One difference: exactly one of `rename`, `drop`, `default`, `force`, `refuse` and `keep`."""

    rename: Parameter | None = Field(default=None, description="Sent under the name `to`.")
    drop: Parameter | None = Field(default=None, description="Not sent.")
    default: Parameter | None = Field(
        default=None, description="Sent with the value `to` where the client says nothing."
    )
    force: Parameter | None = Field(default=None, description="Sent with the value `to`.")
    refuse: Pattern | None = Field(
        default=None, description="What the upstream cannot do: as a candidate it is not asked."
    )
    keep: Pattern | None = Field(
        default=None, description="No rule of the preset holds for it."
    )
    to: JsonValue = Field(default=None, description="A new name, or a value.")
    only: tuple[JsonValue, ...] = Field(
        default=(), description="With `drop` and `refuse`: these values alone."
    )
    unless: tuple[JsonValue, ...] = Field(
        default=(), description="With `drop` and `refuse`: all values but these."
    )
    on: tuple[Body, ...] = Field(
        default=(Body.CHAT,), min_length=1, description="Which bodies."
    )
    why: str = Field(default="", max_length=200, description="For people who read of it.")

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        given = [name for name in ACTIONS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                "needs exactly one of `rename`, `drop`, `default`, `force`, `refuse`, `keep`"
            )
        if (self.only or self.unless) and given[0] not in ("drop", "refuse"):
            raise ValueError("`only` and `unless` go with `drop` and `refuse`")
        if self.only and self.unless:
            raise ValueError("takes `only` or `unless`, not both")
        if given[0] not in ("refuse", "keep") and _FORMS & set(self.on):
            raise ValueError(
                "forms are not rewritten: transcriptions and translations take `refuse` alone"
            )
        self._fitting_value(given[0])
        return self

    def _fitting_value(self, action: str) -> None:
        told = "to" in self.model_fields_set
        if action == "rename":
            if not (isinstance(self.to, str) and re.fullmatch(_STEP, self.to)):
                raise ValueError("`rename` needs `to`, a name without dots")
        elif action == "default":
            if self.to is None:
                raise ValueError("`default` needs `to`, a value that is not null")
        elif action == "force":
            if not told:
                raise ValueError("`force` needs `to`, a value")
        elif told:
            raise ValueError(f"`{action}` takes no `to`")

    def told(self) -> dict[str, object]:
        """What it does, as JSON types."""
        return self.model_dump(mode="json", exclude_unset=True, exclude={"why"})

    @property
    def action(self) -> str:
        """Which of the actions it is."""
        return next(name for name in ACTIONS if getattr(self, name) is not None)

    @property
    def subject(self) -> str:
        """The parameter it is about."""
        return str(getattr(self, self.action))


@dataclass(frozen=True, slots=True)
class Turn:
    """A rule as it is applied: what is done to which parameter, and the way to it."""

    action: str
    path: tuple[str, ...]
    rule: Rule


@dataclass(frozen=True, slots=True)
class Turns:
    """What is done to one body: what the upstream lacks for it, and its edits in their order."""

    refusals: tuple[Turn, ...] = ()
    edits: tuple[Turn, ...] = ()


class Translation(Part):
    """Everything that is to be known of an upstream before a request is sent to it."""

    include_usage: IncludeUsage = IncludeUsage.NEVER
    rules: tuple[Rule, ...] = ()

    def of(self, body: Body) -> tuple[Rule, ...]:
        """The rules about one body."""
        return tuple(rule for rule in self.rules if body in rule.on)

    @cached_property
    def turns(self) -> Mapping[Body, Turns]:
        """The rules of each body as they are applied, worked out once: every request needs them."""
        return {body: self._turns(body) for body in Body}

    def _turns(self, body: Body) -> Turns:
        """Names first, then what goes, then what is missing, then what must be."""
        turns = [
            Turn(rule.action, tuple(rule.subject.split(".")), rule) for rule in self.of(body)
        ]
        edits = [turn for action in EDITS for turn in turns if turn.action == action]
        return Turns(tuple(t for t in turns if t.action == "refuse"), tuple(edits))


NOTHING = Translation()
"""Of an upstream that is asked as clients ask."""


def merged(
    preset: Translation, own: Iterable[Rule], include_usage: IncludeUsage | None
) -> Translation:
    """A preset with the policy's own rules over it."""
    own = tuple(own)
    named = {(body, rule.subject) for rule in own for body in rule.on}
    kept = [
        rule.model_copy(update={"on": left})
        for rule in preset.rules
        if (left := tuple(b for b in rule.on if (b, rule.subject) not in named))
    ]
    rules = (*kept, *(rule for rule in own if rule.action != "keep"))
    usage = preset.include_usage if include_usage is None else include_usage
    return Translation(include_usage=usage, rules=rules)


def conflicts(own: tuple[Rule, ...], whole: Translation) -> Iterator[tuple[Place, str]]:
    """Rules of the policy's own that cannot hold together; places are within its list."""
    yield from _twice(own)
    for at, rule in enumerate(own):
        clashes = (_clash(rule, other) for body in rule.on for other in whole.of(body))
        if clash := next(filter(None, clashes), ""):
            yield (at,), clash


def _twice(own: tuple[Rule, ...]) -> Iterator[tuple[Place, str]]:
    first: dict[tuple[Body, str], int] = {}
    for at, rule in enumerate(own):
        for body in rule.on:
            earlier = first.setdefault((body, rule.subject), at)
            if earlier != at and (rule.refuse is None or own[earlier].refuse is None):
                yield (
                    (at,),
                    f"`{rule.subject}` of {body} already has a rule, translate[{earlier}]; keep one",
                )
                break


def _edits(rule: Rule) -> bool:
    return rule.action in EDITS


def _clash(rule: Rule, other: Rule) -> str:
    """Why two edits of one body do not go together: each would have to be the last; "" where they do."""
    if not (_edits(rule) and _edits(other)) or other == rule:
        return ""
    if _within(rule.subject, other.subject) or _within(other.subject, rule.subject):
        return (
            f"changes a part of what another rule changes, `{other.subject}`; keep one of them"
        )
    for one, two in ((rule, other), (other, rule)):
        if one.rename and _renamed(one) == two.subject and two.action in ("rename", "drop"):
            return f"`{one.subject}` becomes `{one.to}`, which a rule takes away again; keep one of them"
    return ""


def _renamed(rule: Rule) -> str:
    head, dot, _ = rule.subject.rpartition(".")
    return f"{head}{dot}{rule.to}"


def _within(part: str, whole: str) -> bool:
    return part.startswith(f"{whole}.")
