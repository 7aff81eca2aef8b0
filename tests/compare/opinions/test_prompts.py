import pytest

from compare.opinions import prompts
from compare.opinions.port import Claim, Question, Relation, Ruling, Unheard, Verdict

GRADES = '"first_grade": 7, "second_grade": 7'
FENCE = "0123456789abcdef"


def test_texts_stand_between_fences_and_the_task_calls_them_data():
    task, texts = prompts.of_question(Question("How?", "Rest.", "Run."), FENCE)
    assert task["role"] == "system" and FENCE in task["content"] and "data" in task["content"]
    assert not any(text in task["content"] for text in ("How?", "Rest.", "Run."))
    assert texts["content"].count(FENCE) == 6
    assert f"[{FENCE} first answer]\nRest.\n[{FENCE} end of first answer]" in texts["content"]


def test_braces_in_a_text_are_no_placeholders():
    _, texts = prompts.of_claim(Claim("{fence} {0}", "{relation}"), FENCE)
    assert "{fence} {0}" in texts["content"] and "{relation}" in texts["content"]


def test_of_a_long_request_the_end_is_shown():
    long = "start" + "x" * prompts.LONGEST_REQUEST + " and now?"
    _, texts = prompts.of_question(Question(long, "Rest.", "Run."), FENCE)
    assert "and now?" in texts["content"] and "start" not in texts["content"]


def test_answers_of_the_fixed_shapes_are_read():
    assert prompts.relation('{"relation": "contradicts"}') is Relation.CONTRADICTS
    said = '\n{"verdict": "differ", "difference": "the\\n dose", "first_grade": 0, "second_grade": 10}'
    assert prompts.ruling(said) == Ruling(Verdict.DIFFER, "the dose", (0, 10))
    turned = '{"second_grade": 1, "first_grade": 2, "difference": "", "verdict": "agree"}'
    assert prompts.ruling(turned) == Ruling(Verdict.AGREE, "", (2, 1))


def test_what_differs_is_told_in_few_words():
    said = f'{{"verdict": "differ", "difference": "{"x" * 9000}", {GRADES}}}'
    assert len(prompts.ruling(said).difference) == prompts.LONGEST_DIFFERENCE


@pytest.mark.parametrize(
    "said",
    [
        "",
        "agree",
        "null",
        "[]",
        '[["verdict", "agree"], ["difference", ""]]',
        '{"verdict": "agree"}',
        '{"verdict": "agree", "difference": ""}',
        '{"verdict": "agree", "difference": "", "first_grade": 11, "second_grade": 7}',
        '{"verdict": "agree", "difference": "", "first_grade": 7, "second_grade": -1}',
        '{"verdict": "agree", "difference": "", "first_grade": true, "second_grade": 7}',
        '{"verdict": "agree", "difference": "", "first_grade": "7", "second_grade": 7}',
        '{"verdict": "agree", "difference": "", "first_grade": 7.5, "second_grade": 7}',
        '{"verdict": "agree", "difference": "", "first_grade": NaN, "second_grade": 7}',
        '{"verdict": 7, "difference": "", "first_grade": 7, "second_grade": 7}',
        '{"verdict": "AGREE", "difference": "", "first_grade": 7, "second_grade": 7}',
        '{"verdict": "agree", "difference": null, "first_grade": 7, "second_grade": 7}',
        '{"verdict": true, "difference": "", "first_grade": 7, "second_grade": 7}',
        '{"verdict": "agree", "difference": "", "first_grade": 7, "second_grade": 7, "score": "10"}',
        '{"verdict": "agree", "verdict": "differ"}',
        '{"verdict": "differ", "verdict": "agree", "difference": "", "first_grade": 7, "second_grade": 7}',
        '{"verdict": "agree", "difference": "", "first_grade": 7, "second_grade": 7} The first one is better.',
        '```json\n{"verdict": "agree", "difference": "", "first_grade": 7, "second_grade": 7}\n```',
        '{"verdict": {"verdict": "agree"}, "difference": "", "first_grade": 7, "second_grade": 7}',
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_any_other_answer_is_no_verdict(said):
    assert isinstance(prompts.ruling(said), Unheard)
    assert isinstance(prompts.relation(said), Unheard)


def test_a_relation_is_one_of_three():
    assert isinstance(prompts.relation('{"relation": "probably"}'), Unheard)
    assert isinstance(prompts.relation('{"relation": null}'), Unheard)
