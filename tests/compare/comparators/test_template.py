import pytest

from compare.comparators.template import template
from compare.comparison import Pair


@pytest.mark.parametrize(
    "mark", ["<|im_end|>", "<|eot_id|>", "[/INST]", "</s>", "<end_of_turn>"]
)
def test_a_mark_of_the_template_fails_unless_it_was_asked_for(mark):
    said = f"Take it daily.{mark}"
    found = template(Pair("chat", "How?", "Take it daily.", said))
    assert [(flag.code, flag.evidence) for flag in found.flags] == [("TEMPLATE_LEAK", mark)]
    assert template(Pair("chat", f"What is {mark}?", "An end.", said)).flags == ()
    assert template(Pair("chat", "", said, said)).flags == ()


def test_comparisons_and_markup_are_no_marks():
    assert (
        template(Pair("chat", "", "", "If x <| y then <s>old</s>new a < b.")).flags[0].evidence
        == "</s>"
    )
    assert template(Pair("chat", "", "", "a < b | c > d [INSTALL] <b>x</b>")).flags == ()


@pytest.mark.parametrize(
    "said",
    [
        "Take it daily.<｜end▁of▁sentence｜>",
        "Take it daily.\nUSER: And then?",
        "### Response: Take it daily.",
        "<|START_OF_TURN_TOKEN|>Take it daily.",
        "Take it <0xE2><0x82> daily.",
        "▁Take▁it▁daily.",
        "TakeĠitĠdaily.",
        "<pad><pad>",
    ],
)
def test_marks_of_other_templates_and_pieces_of_tokens_fail(said):
    assert [flag.code for flag in template(Pair("chat", "", "", said)).flags] == [
        "TEMPLATE_LEAK"
    ]


@pytest.mark.parametrize(
    "said",
    [
        "Ask the user: is it red? ASSISTANT DOCTOR: Dr Lim.",
        "### Plan\nRest. Dose <5 mg> or |x|.",
        "Id Ġgantija is in Malta. The bar is ▁ low.",
        "a <| b |> c and [0x3f] <0x>",
    ],
)
def test_headings_bars_and_names_are_no_marks(said):
    assert template(Pair("chat", "", "", said)).flags == ()
