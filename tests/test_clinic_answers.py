"""The recorded answers of the demo: prompts of a clinic, and five ways to answer each of them.

The file is data and has no module, so its test stands beside the tests of the whole.
"""

import json
import re
from collections import Counter
from importlib.resources import files

import pytest

TEXT = files("cutover.rehearsal").joinpath("clinic_answers.jsonl").read_text(encoding="utf-8")
LINES = [json.loads(line) for line in TEXT.splitlines()]
MODELS = {"primary", "primary-again", "good", "subtly-wrong", "broken"}
UNITS = (
    r"mg|ml|mL/min|g|kg|km|cm|mmol/L|mmHg|mIU/L|mIU/mL|%|°C|am|pm|pagi|malam|"
    r"seconds?|minutes?|hours?|days?|weeks?|months?|years?|puffs?|drops?|units?|tablets?|litres?|"
    r"saat|minit|jam|hari|minggu|bulan|tahun|titis|paket|ulas|liter|"
    r"毫克|毫升|克|公里|升|秒|分钟|小时|天|周|个月|年|次|粒|包|个工作日"
)
DOSE = re.compile(rf"(\d+(?:[.,/]\d+)*)\s*(?:{UNITS})(?![A-Za-z])")


def doses(text: str) -> set[str]:
    """The numbers of a text that carry a unit."""
    return set(DOSE.findall(text))


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:[.,/]\d+)*", text))


def test_there_are_204_lines_of_distinct_prompts() -> None:
    assert len(LINES) == 204
    assert len({line["id"] for line in LINES}) == 204
    assert len({line["input"] for line in LINES}) == 204
    assert {line["route"] for line in LINES} == {"chat"}


def test_three_languages_are_spoken() -> None:
    spoken = Counter(line["language"] for line in LINES)
    assert spoken["en"] >= 100
    assert spoken["ms"] >= 45
    assert spoken["zh"] >= 40
    assert sum(spoken.values()) == len(LINES)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["id"])
def test_a_line_has_five_different_answers_and_the_good_ones_keep_every_dose(
    line: dict[str, dict[str, str]],
) -> None:
    answers = line["answers"]
    assert set(answers) == MODELS
    assert len(set(answers.values())) == 5
    assert all(answers[model].strip() for model in MODELS - {"broken"})
    for model in ("primary-again", "good"):
        assert doses(answers["primary"]) <= numbers(answers[model])
    assert answers["subtly-wrong"] not in (answers["primary"], answers["good"])


def test_most_answers_carry_a_dose_to_get_wrong() -> None:
    assert sum(bool(doses(line["answers"]["primary"])) for line in LINES) > 170


def test_no_answer_is_given_to_two_prompts() -> None:
    given = Counter(text for line in LINES for text in line["answers"].values() if text)
    assert [text for text, times in given.items() if times > 1] == []


def test_a_broken_model_fails_in_more_than_one_way() -> None:
    broken = [line["answers"]["broken"] for line in LINES]
    assert 5 <= broken.count("") <= 20
    refusals = ("I'm sorry", "I cannot", "I am unable", "Maaf", "抱歉", "无法", "不能")
    assert sum(text.startswith(refusals) for text in broken) > 15
    assert sum(len(text) > 250 for text in broken) > 30
