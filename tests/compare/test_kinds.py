import pytest

from compare import kinds
from compare.asked import Asked
from compare.canonical import Answer, ToolCall
from compare.kinds import (
    CLOSED,
    RANKING,
    SEEN,
    STRUCTURED,
    TEXT,
    TOOLS,
    TOOLS_AND_WORDS,
    TRANSCRIPT,
    VECTORS,
)
from compare.sides import Sides

CALLS = (ToolCall("book", "{}"),)


def of(primary, candidate, body=None, dialect="chat"):
    return kinds.of(Sides("chat", dialect, Asked("Why?", body or {}), primary, candidate))


@pytest.mark.parametrize("dialect", ["", "chat", "completions", "responses"])
def test_words_are_compared_as_text(dialect):
    assert of(Answer("So."), Answer("No."), dialect=dialect) is TEXT
    assert TEXT.words and TEXT.agreement is None


@pytest.mark.parametrize(
    ("dialect", "kind"), [("embeddings", VECTORS), ("rerank", RANKING), ("score", RANKING)]
)
def test_what_is_no_prose_brings_its_own_agreement(dialect, kind):
    assert kinds.of(Sides("embed", dialect, Asked(), Answer(), Answer())) is kind
    assert kind.agreement is not None and not kind.words


def test_what_was_heard_is_compared_as_a_transcript_needing_no_encoder():
    assert kinds.of(Sides("audio", "transcriptions", Asked(), Answer(), Answer())) is TRANSCRIPT
    assert kinds.of(Sides("audio", "", Asked(), Answer(), Answer())) is TRANSCRIPT
    assert TRANSCRIPT.agreement is not None


def test_documents_are_compared_field_by_field():
    assert of(Answer('{"a": 1}'), Answer("No.")) is STRUCTURED
    asked = {"response_format": {"type": "json_object"}}
    assert of(Answer("So."), Answer("No."), asked) is STRUCTURED


def test_calls_come_before_words_which_are_compared_where_both_have_some():
    assert of(Answer(tool_calls=CALLS), Answer("No.")) is TOOLS
    assert of(Answer("So."), Answer(tool_calls=CALLS)) is TOOLS
    assert of(Answer("So.", tool_calls=CALLS), Answer("No.")) is TOOLS_AND_WORDS
    assert TOOLS_AND_WORDS.words and not TOOLS.words


def test_answers_about_an_image_are_text_with_checks_of_their_own():
    shown = {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Is there a fracture?"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
                ],
            }
        ]
    }
    assert of(Answer("Yes."), Answer("No."), shown) is CLOSED
    assert of(Answer("Yes."), Answer("The image shows a hand."), shown) is SEEN
    assert SEEN.agreement is None and SEEN.words
    assert of(Answer('{"a": 1}'), Answer("{}"), shown) is STRUCTURED
