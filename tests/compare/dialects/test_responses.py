"""Responses, whole and in events."""

import pytest
from streams import event, message, named, response

from compare.canonical import Answer, State, ToolCall
from compare.dialects import responses
from compare.dialects.responses import RESPONSES
from compare.reassembly import Reassembly

TEXT = {"type": "output_text", "text": "Twice a day."}
CALL = {"type": "function_call", "name": "book", "arguments": "{}"}
THOUGHT = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}


def of_stream(*events):
    stream = Reassembly(RESPONSES)
    stream.feed(named(*events))
    return stream.answer()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (response(message(TEXT)), Answer("Twice a day.", "stop", model="m")),
        (
            response(THOUGHT, message(TEXT)),
            Answer("Twice a day.", "stop", reasoning="Hm.", model="m"),
        ),
        (
            response(message({"type": "refusal", "refusal": "I cannot."})),
            Answer("", "stop", refusal="I cannot.", model="m"),
        ),
        (
            response(CALL),
            Answer("", "tool_calls", tool_calls=(ToolCall("book", "{}"),), model="m"),
        ),
        (
            response(
                message(TEXT),
                status="incomplete",
                incomplete_details={"reason": "max_output_tokens"},
            ),
            Answer("Twice a day.", "length", model="m"),
        ),
    ],
)
def test_a_whole_response_is_read(body, said):
    assert responses.of_object(body) == said


def test_events_say_the_same_as_the_whole():
    said = of_stream(
        event("created", response={"model": "m"}),
        event("reasoning_summary_text.delta", output_index=0, delta="Hm."),
        event("output_item.added", output_index=1, item={"type": "message"}),
        event("output_text.delta", output_index=1, content_index=0, delta="Twice"),
        event("output_text.delta", output_index=1, content_index=0, delta=" a day."),
        event("output_item.added", output_index=2, item=CALL | {"arguments": ""}),
        event("function_call_arguments.delta", output_index=2, delta="{"),
        event("function_call_arguments.delta", output_index=2, delta="}"),
        event("completed", response=response(THOUGHT, message(TEXT), CALL)),
    )
    assert said == responses.of_object(response(THOUGHT, message(TEXT), CALL))
    assert (said.text, said.finish_reason, said.state) == (
        "Twice a day.",
        "tool_calls",
        State.COMPLETE,
    )


@pytest.mark.parametrize(
    "ended",
    [
        event("function_call_arguments.done", output_index=0, arguments="{}"),
        event("output_item.done", output_index=0, item=CALL),
    ],
)
@pytest.mark.parametrize("pieces", [(), ("{", "}")])
def test_a_call_is_said_once_whether_it_came_in_pieces_or_whole(ended, pieces):
    said = of_stream(
        event("output_item.added", output_index=0, item=CALL | {"arguments": ""}),
        *(
            event("function_call_arguments.delta", output_index=0, delta=piece)
            for piece in pieces
        ),
        ended,
        event("completed", response={"status": "completed", "model": "m"}),
    )
    assert said.tool_calls == (ToolCall("book", "{}"),)


def test_a_stream_whose_last_event_alone_has_words_says_them():
    assert of_stream(event("completed", response=response(message(TEXT)))).text == TEXT["text"]


def test_a_stream_without_its_last_event_has_not_finished():
    said = of_stream(event("output_text.delta", delta="Twice"))
    assert (said.text, said.state) == ("Twice", State.NO_FINISH)


def test_a_failure_is_a_problem_with_what_was_said_before():
    said = of_stream(
        event("output_text.delta", delta="Twice"),
        event("failed", response={"error": {"message": "died"}}),
    )
    assert (said.text, said.problem, said.state) == ("Twice", "error_event", State.ERROR_EVENT)


def test_a_prompt_is_the_input_with_the_instructions_last():
    asked = {
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "My dose?"}]},
            {"type": "function_call_output", "output": "500 mg"},
        ],
    }
    assert responses.prompt(asked) == "My dose?\n500 mg\nBe brief."
    assert responses.prompt({"input": "My dose?"}) == "My dose?"
