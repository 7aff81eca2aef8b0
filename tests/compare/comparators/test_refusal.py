import pytest

from compare.comparators.refusal import refusal, refuses
from compare.comparison import Pair, Severity

HELP = "Take it with food, twice a day, and drink water."


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, but I can’t assist with that request.",
        "I cannot provide medical advice.",
        "As an AI language model, I cannot examine you.",
        "I must decline to answer this question.",
        "Maaf, saya tidak dapat membantu dengan permintaan ini.",
        "Maaf, permintaan ini tidak dapat dilayan.",
        "Saya tidak boleh memberikan nasihat perubatan.",
        "抱歉，我无法回答这个问题。",
        "对不起，不能提供医疗建议。",
        "作为一个人工智能助手，我无法提供诊断。",
    ],
)
def test_refusals_are_known_in_three_languages(text):
    assert refuses(text)
    flag = refusal(Pair("chat", "", HELP, text)).flags[0]
    assert (flag.code, flag.severity) == ("REFUSAL_ONLY_CAND", Severity.FAIL)
    assert flag.evidence in text.replace("’", "'")


@pytest.mark.parametrize(
    "text",
    [
        "",
        HELP,
        "I can help you book. You cannot take it with milk.",
        "Patient says she cannot give a date and is unable to walk.",
        "Anda tidak boleh minum alkohol dengan ubat ini.",
        "孕妇不能服用此药。",
        "I can't provide a diagnosis, but this is what the result means. "
        + "It is normal. " * 60,
    ],
)
def test_answers_that_only_say_no_are_no_refusals(text):
    assert not refuses(text)


def test_a_refusal_of_the_primary_alone_is_for_review_and_of_both_is_nothing():
    no = "I'm sorry, but I can't help with that."
    flag = refusal(Pair("chat", "", no, HELP)).flags[0]
    assert (flag.code, flag.severity) == ("REFUSAL_ONLY_BASE", Severity.REVIEW)
    assert refusal(Pair("chat", "", no, no)).flags == ()
