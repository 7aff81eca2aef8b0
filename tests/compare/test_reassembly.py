"""Answers out of streams, whatever the split of their bytes, and how the streams ended."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streams import delta, event, message, named, piece, response, sse

from compare.canonical import Answer, State
from compare.dialects import READERS
from compare.reassembly import Reassembly

TEXT = {"type": "output_text", "text": "每天两次。 Twice."}
STREAMS = {
    "chat": sse(
        delta(role="assistant"), delta(content="每天两次。"), delta("stop", content=" ok")
    ),
    "completions": sse(piece("每天两次。"), piece(" ok", "stop")),
    "responses": named(
        event("output_text.delta", output_index=0, content_index=0, delta="每天两次。 Twice."),
        event("completed", response=response(message(TEXT))),
    ),
}


def reassembled(pieces, dialect="chat"):
    stream = Reassembly(READERS[dialect])
    for each in pieces:
        stream.feed(each)
    return stream.answer()


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("dialect", STREAMS)
@given(cuts=st.lists(st.integers(0, 600), max_size=12))
def test_no_split_of_the_bytes_changes_what_was_said(dialect, line_end, cuts):
    whole = STREAMS[dialect].replace(b"\n", line_end)
    at = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = [whole[one:other] for one, other in pairwise(at)]
    said = reassembled([whole], dialect)
    assert reassembled(pieces, dialect) == said
    assert said.text.startswith("每天两次。") and said.state is State.COMPLETE


@pytest.mark.parametrize(
    ("raw", "text", "problem", "state"),
    [
        (sse(delta("stop", content="a")), "a", "", State.COMPLETE),
        (sse(delta("stop", content="a"), end=b""), "a", "", State.NO_DONE),
        (sse(delta(content="a")), "a", "", State.NO_FINISH),
        (sse(delta(content="a"), end=b'data: {"choi'), "a", "", State.NO_FINISH),
        (
            sse(delta(content="a"), {"error": {}}, end=b"data: 3\n\n"),
            "a",
            "not_json",
            State.NO_FINISH,
        ),
        (
            sse(delta(content="a"), {"error": {"message": "died"}}),
            "a",
            "error_event",
            State.ERROR_EVENT,
        ),
        (b"event: error\ndata: {}\n\n", "", "error_event", State.ERROR_EVENT),
        (b"data: [DONE]\n\n", "", "no_answer", State.NO_FINISH),  # vLLM, pull request 40986
        (b": keep-alive\n\n" * 9, "", "no_answer", State.NO_FINISH),
        (b"data: nonsense\n\n", "", "not_json", State.NO_FINISH),
        (b"data: " + b"x" * (5 << 20), "", "too_large", State.NO_FINISH),
    ],
)
def test_a_stream_tells_how_it_ended(raw, text, problem, state):
    said = reassembled([raw])
    assert (said.text, said.problem, said.state) == (text, problem, state)


def test_nothing_behind_the_end_is_read():
    raw = sse(delta("stop", content="a")) + sse(delta("stop", content="b"))
    assert reassembled([raw]) == Answer("a", "stop", model="m")
    assert reassembled([sse(delta("stop", content="a")), b"data: nonsense\n\n"]).problem == ""


@given(st.lists(st.binary(max_size=60), max_size=6), st.sampled_from(sorted(READERS)))
def test_no_bytes_raise(pieces, dialect):
    assert isinstance(reassembled(pieces, dialect), Answer)
