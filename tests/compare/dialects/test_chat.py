"""Chat answers, whole and in chunks, and what servers do otherwise."""

import pytest
from streams import delta, sse

from compare.canonical import Answer, ToolCall
from compare.dialects import chat
from compare.dialects.chat import CHAT
from compare.reassembly import Reassembly


def of_stream(*chunks):
    stream = Reassembly(CHAT)
    stream.feed(sse(*chunks))
    return stream.answer()


def of_message(finish="stop", **values):
    return chat.of_object({"choices": [{"message": values, "finish_reason": finish}]})


def call(name="", arguments="", **more):
    return {"function": {"name": name, "arguments": arguments}, **more}


BOOKED = (ToolCall("book", '{"day":"Monday"}'),)

# Issues of the servers, by number: what they sent, and what it says.
TRAPS = {
    "vllm-53269 a call that was cut says that it finished": (
        [delta(tool_calls=[call("book", '{"day":"Mon', index=0)]), delta("tool_calls")],
        Answer("", "tool_calls", tool_calls=(ToolCall("book", '{"day":"Mon'),), model="m"),
    ),
    "vllm-16340 the first piece of a call has no type": (
        [delta(tool_calls=[call("book", '{"day":"Monday"}', index=0, id="c")]), delta("stop")],
        Answer("", "stop", tool_calls=BOOKED, model="m"),
    ),
    "vllm-14951 every piece repeats the name": (
        [
            delta(tool_calls=[call("book", '{"day":', index=0)]),
            delta(tool_calls=[call("book", '"Monday"}', index=0)]),
            delta("tool_calls"),
        ],
        Answer("", "tool_calls", tool_calls=BOOKED, model="m"),
    ),
    "vllm-14951 every piece repeats the name, and each has an id of its own": (
        [
            delta(tool_calls=[call("book", '{"day":', index=0, id="a")]),
            delta(tool_calls=[call("book", '"Monday"}', index=0, id="b")]),
            delta("tool_calls", tool_calls=[call("book", "", index=0, id="c")]),
        ],
        Answer("", "tool_calls", tool_calls=BOOKED, model="m"),
    ),
    "vllm-25054 a call that was demanded finishes as a text does": (
        [
            delta(role="assistant", content=""),
            delta(tool_calls=[call("book", "", index=0, id="c", type="function")]),
            delta(tool_calls=[call("", '{"day":"Monday"}', index=0)]),
            delta("stop"),
        ],
        Answer("", "stop", tool_calls=BOOKED, model="m"),
    ),
    "ollama-15457 every call has the same place": (
        [
            delta(tool_calls=[call("book", '{"day":"Monday"}', index=0, id="a")]),
            delta(tool_calls=[call("book", '{"day":"Friday"}', index=0, id="b")]),
            delta(tool_calls=[call("cancel", "{}", index=0, id="c")]),
            delta("tool_calls"),
        ],
        Answer(
            "",
            "tool_calls",
            tool_calls=(
                *BOOKED,
                ToolCall("book", '{"day":"Friday"}'),
                ToolCall("cancel", "{}"),
            ),
            model="m",
        ),
    ),
    "ollama-7881 no call has a place": (
        [
            delta(
                "tool_calls",
                tool_calls=[
                    call("book", '{"day":"Monday"}', id="a"),
                    call("now", "{}", id="b"),
                ],
            )
        ],
        Answer("", "tool_calls", tool_calls=(*BOOKED, ToolCall("now", "{}")), model="m"),
    ),
    "vllm-35705 the last words come with the finish": (
        [delta(content="Twice"), delta("stop", content=" a day.")],
        Answer("Twice a day.", "stop", model="m"),
    ),
    "usage without choices": (
        [delta("stop", content="Yes."), {"model": "m", "choices": [], "usage": {}}],
        Answer("Yes.", "stop", model="m"),
    ),
    "usage with choices that are null": (
        [delta("stop", content="Yes."), {"model": "m", "choices": None, "usage": {}}],
        Answer("Yes.", "stop", model="m"),
    ),
    "usage and no choices at all": (
        [delta("stop", content="Yes."), {"model": "m", "usage": {}}],
        Answer("Yes.", "stop", model="m"),
    ),
    "two pieces of one call in one chunk": (
        [
            delta(
                tool_calls=[call("book", '{"day":', index=0), call("", '"Monday"}', index=0)]
            ),
            delta("tool_calls"),
        ],
        Answer("", "tool_calls", tool_calls=BOOKED, model="m"),
    ),
    "calls out of their order": (
        [
            delta(tool_calls=[call("second", "{}", index=1)]),
            delta(tool_calls=[call("first", "{}", index=0)]),
            delta("tool_calls"),
        ],
        Answer(
            "",
            "tool_calls",
            tool_calls=(ToolCall("first", "{}"), ToolCall("second", "{}")),
            model="m",
        ),
    ),
    "thoughts in a field of their own": (
        [
            delta(reasoning_content="Hm. "),
            delta(reasoning="So."),
            delta("stop", content="Yes."),
        ],
        Answer("Yes.", "stop", reasoning="Hm. So.", model="m"),
    ),
    "thoughts before the text": (
        [delta(content="<think>Hm."), delta(content="</think>\n\nYes."), delta("stop")],
        Answer("Yes.", "stop", reasoning="Hm.", model="m"),
    ),
    "the function call of the API's first years": (
        [
            delta(function_call={"name": "book", "arguments": '{"day":'}),
            delta(function_call={"arguments": '"Monday"}'}),
            delta("function_call"),
        ],
        Answer("", "function_call", tool_calls=BOOKED, model="m"),
    ),
    "a refusal in pieces": (
        [delta(refusal="I can"), delta(refusal="not."), delta("stop")],
        Answer("", "stop", refusal="I cannot.", model="m"),
    ),
    "other choices than the first": (
        [
            {"model": "m", "choices": [{"index": 1, "delta": {"content": "No."}}]},
            delta("stop", content="Yes."),
        ],
        Answer("Yes.", "stop", model="m"),
    ),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_stream_says_what_its_server_meant(name):
    chunks, said = TRAPS[name]
    assert of_stream(*chunks) == said


def test_a_whole_answer_has_the_same_parts():
    assert of_message(content="Yes.", reasoning_content="Hm.") == Answer(
        "Yes.", "stop", reasoning="Hm."
    )
    assert of_message(content=[{"type": "text", "text": "a"}, {"text": "b"}]).text == "a\nb"
    assert of_message(content=None, refusal="I cannot.").said == "I cannot."
    calls = [call("book", '{"day":"Monday"}'), call("call", "{}")]
    assert of_message(tool_calls=calls).tool_calls == (*BOOKED, ToolCall("call", "{}"))
    legacy = {"name": "book", "arguments": '{"day":"Monday"}'}
    assert of_message("function_call", function_call=legacy).tool_calls == BOOKED


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"choices": [{"message": "words"}]}])
def test_what_holds_no_message_is_no_answer(body):
    assert chat.of_object(body) is None
