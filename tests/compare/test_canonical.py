"""What an answer says, and whether it says anything."""

import numpy as np
import pytest

from compare.canonical import Answer, Embeddings, Place, Ranking, ToolCall, visible


@pytest.mark.parametrize(
    ("answer", "said", "empty"),
    [
        (Answer(), "", True),
        (Answer(" \n"), " \n", True),
        (Answer("Yes."), "Yes.", False),
        (Answer(refusal="I cannot."), "I cannot.", False),
        (Answer(tool_calls=(ToolCall("book", "{}"),)), "", False),
        (Answer(reasoning="Hm."), "", True),
        (Answer(vectors=Embeddings(np.ones((1, 2), np.float32), 1)), "", False),
        (Answer(vectors=Embeddings(np.empty((0, 0), np.float32), 0)), "", True),
        (Answer(ranking=Ranking((Place(0, 0.5),))), "", False),
        (Answer(ranking=Ranking(())), "", True),
    ],
)
def test_words_and_calls_are_an_answer_and_thoughts_are_none(answer, said, empty):
    assert (answer.said, answer.empty) == (said, empty)


def test_an_answer_of_which_nothing_can_be_seen_is_empty():
    for text in ("", " \n", "\x00\x07", "\u200b\u200e", "\u0301", "\ud800"):
        assert Answer(text).empty and not visible(text)
    for text in ("a", ".", "🙂", "\ufffd", "是"):
        assert not Answer(text).empty and visible(text)
