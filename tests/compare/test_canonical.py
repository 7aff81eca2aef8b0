"""What an answer says, and whether it says anything."""

import pytest

from compare.canonical import Answer, ToolCall


@pytest.mark.parametrize(
    ("answer", "said", "empty"),
    [
        (Answer(), "", True),
        (Answer(" \n"), " \n", True),
        (Answer("Yes."), "Yes.", False),
        (Answer(refusal="I cannot."), "I cannot.", False),
        (Answer(tool_calls=(ToolCall("book", "{}"),)), "", False),
        (Answer(reasoning="Hm."), "", True),
    ],
)
def test_words_and_calls_are_an_answer_and_thoughts_are_none(answer, said, empty):
    assert (answer.said, answer.empty) == (said, empty)
