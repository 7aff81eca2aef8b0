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
