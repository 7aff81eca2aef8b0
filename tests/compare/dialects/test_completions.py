"""Text completions."""

import pytest
from streams import piece, sse

from compare.canonical import Answer
from compare.dialects import completions
from compare.dialects.completions import COMPLETIONS
from compare.reassembly import Reassembly


def test_a_stream_says_the_same_as_the_whole():
    whole = {"model": "m", "choices": [{"text": "Twice a day.", "finish_reason": "stop"}]}
    stream = Reassembly(COMPLETIONS)
    stream.feed(sse(piece("Twice"), piece(" a day.", "stop")))
    said = Answer("Twice a day.", "stop", model="m")
    assert (completions.of_object(whole), stream.answer()) == (said, said)


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"choices": [{"message": {}}]}])
def test_what_holds_no_text_is_no_answer(body):
    assert completions.of_object(body) is None


@pytest.mark.parametrize(
    ("given", "words"),
    [("How often?", "How often?"), (["How?", "Why?"], "How?"), ([1, 2], ""), ([], ""), (3, "")],
)
def test_a_prompt_is_the_first_that_has_words(given, words):
    assert completions.prompt({"prompt": given}) == words
