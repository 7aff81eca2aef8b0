"""Rules: which can be written, which hold together, and which win."""

from typing import Any

import pytest
from pydantic import ValidationError

from policies.translation import (
    Body,
    IncludeUsage,
    Preset,
    Rule,
    Translation,
    conflicts,
    merged,
)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({}, "exactly one of"),
        ({"drop": "a", "force": "b", "to": 1}, "exactly one of"),
        ({"rename": "a"}, "needs `to`"),
        ({"rename": "a", "to": "b.c"}, "without dots"),
        ({"default": "a"}, "needs `to`"),
        ({"default": "a", "to": None}, "not null"),
        ({"force": "a"}, "needs `to`"),
        ({"drop": "a", "to": 1}, "takes no `to`"),
        ({"refuse": "a", "only": [1], "unless": [2]}, "not both"),
        ({"force": "a", "to": 1, "only": [1]}, "go with `drop` and `refuse`"),
        ({"drop": "model"}, "not for rules"),
        ({"force": "stream", "to": True}, "not for rules"),
        ({"drop": "a b"}, "is no parameter"),
        ({"drop": "messages[].name"}, "is no parameter"),
        ({"refuse": "messages[]name"}, "is no parameter"),
        ({"drop": "a", "on": []}, "at least 1"),
        ({"drop": "prompt", "on": ["chat", "transcriptions"]}, "forms are not rewritten"),
    ],
)
def test_a_rule_that_says_nothing_clear_is_refused(rule: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Rule.model_validate(rule)


def test_null_is_a_value_that_can_be_forced() -> None:
    assert Rule(force="stop", to=None).action == "force"


def rules(*written: dict[str, Any]) -> tuple[Rule, ...]:
    return tuple(Rule.model_validate(one) for one in written)


def test_a_rule_of_ones_own_takes_the_place_of_the_presets() -> None:
    preset = Translation(
        rules=rules(
            {"drop": "user", "on": ["chat", "embeddings"]}, {"refuse": "n"}, {"drop": "store"}
        )
    )
    own = rules({"force": "user", "to": "clinic"}, {"keep": "n"})
    whole = merged(preset, own, None)
    assert [(rule.action, rule.subject, rule.on) for rule in whole.rules] == [
        ("drop", "user", (Body.EMBEDDINGS,)),
        ("drop", "store", (Body.CHAT,)),
        ("force", "user", (Body.CHAT,)),
    ]
    assert [rule.action for rule in whole.of(Body.CHAT)] == ["drop", "force"]


def test_which_streams_tell_their_usage_can_be_said_apart() -> None:
    preset = Translation(include_usage=IncludeUsage.COPIES)
    assert merged(preset, (), None).include_usage is IncludeUsage.COPIES
    assert merged(preset, (), IncludeUsage.NEVER).include_usage is IncludeUsage.NEVER


@pytest.mark.parametrize(
    ("own", "place", "says"),
    [
        ([{"drop": "a"}, {"force": "a", "to": 1}], (1,), "already has a rule, translate[0]"),
        ([{"drop": "a"}, {"drop": "a.b"}], (0,), "`a.b`; keep one"),
        ([{"rename": "a", "to": "b"}, {"drop": "b"}], (0,), "takes away again"),
        ([{"rename": "a", "to": "b"}, {"rename": "b", "to": "c"}], (0,), "takes away again"),
    ],
)
def test_rules_that_undo_each_other_are_a_fault(
    own: list[dict[str, Any]], place: tuple[int, ...], says: str
) -> None:
    whole = Translation(rules=rules(*own))
    found = list(conflicts(whole.rules, whole))
    assert found[0][0] == place
    assert says in found[0][1]


def test_rules_of_different_bodies_and_two_refusals_hold_together() -> None:
    own = rules(
        {"drop": "a"},
        {"force": "a", "to": 1, "on": ["completions"]},
        {"refuse": "b", "only": [1]},
        {"refuse": "b", "only": [2]},
        {"rename": "c", "to": "d"},
        {"default": "d", "to": 1},
    )
    assert list(conflicts(own, Translation(rules=own))) == []


def test_there_are_as_many_presets_as_servers() -> None:
    assert {"openai", "litellm", "vllm", "sglang", "trtllm", "triton", "ollama"} == set(Preset)
