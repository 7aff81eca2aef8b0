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


@pytest.mark.parametrize(
    "text",
    [
        "As an AI, I'm not able to interpret test results.",
        "I'm not qualified to diagnose you. Please see a doctor.",
        "This request cannot be fulfilled.",
        "That is outside my capabilities. Please ask your doctor.",
        "Mohon maaf, saya tak dapat nak jawab soalan kesihatan.",
        "Sorry, saya tak boleh bagi nasihat medical.",
        "Maaf, saya tidak bisa membantu dengan hal itu.",
        "Perkara ini di luar skop saya.",
        "很抱歉，我不能给出医疗建议。",
        "抱歉，這個問題超出我的能力範圍。",
        "我無法為您提供診斷。",
        "作為一個人工智慧助理，我無法回答。",
        "மன்னிக்கவும், மருத்துவ ஆலோசனை வழங்க என்னால் முடியாது.",
    ],
)
def test_refusals_in_other_words_and_tamil_ones_are_known(text):
    assert refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "Your potassium is outside the normal range. Please repeat the test.",
        "The question is whether you had a fever.",
        "您的血压超出正常范围，请复诊。",
        "病人无法提供病史，由家属回答。",
        "Anak saya tidak dapat tidur. Maaf kerana lambat.",
        "Kami tidak dapat dihubungi pada hari Ahad.",
        "I won't be in the clinic on Monday, and will call you on Tuesday.",
        "இந்த மருந்தை உணவுக்குப் பிறகு எடுத்துக் கொள்ளுங்கள்.",
    ],
)
def test_what_lies_outside_or_cannot_be_is_no_refusal_by_itself(text):
    assert not refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "I apologise, but I'm not able to process patient data.",
        "I am not able to summarize this conversation.",
        "As a language model, I don't have the ability to give medical opinions.",
        "It would not be appropriate for me to answer that.",
        "This content may violate our usage policies. I can't process it.",
        "Saya mohon maaf kerana tidak dapat memberikan nasihat perubatan.",
        "Saya tidak boleh menghasilkan nota klinikal.",
        "我无法生成病历。",
        "我没有能力回答这个问题。",
    ],
)
def test_refusals_to_write_a_note_are_known(text):
    assert refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "I cannot give you an exact number, but most people recover within a week.",
        'The patient says "I can\'t help it" and continues to smoke.',
        "Sorry to hear that. I can't see the rash from here, but it sounds like eczema.",
        "我不能确定，但可能是湿疹，请用润肤霜。",
        "抱歉，这种药不能和酒一起服用。",
    ],
)
def test_what_cannot_be_said_for_sure_is_answered_all_the_same(text):
    assert not refuses(text)
