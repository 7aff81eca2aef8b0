"""Reading along with an answer."""

import gzip
import itertools

import pytest
from fakes import chunk, completion, stream_events
from hypothesis import given
from hypothesis import strategies as st

from mirror.dialects.chat import CHAT
from mirror.dialects.dialect import KEPT_BYTES
from mirror.dialects.watch import watch
from mirror.exchange import End

EVENTS = stream_events("one two", "big-2")
STREAM = b"".join(EVENTS)
ERROR = b'data: {"error": {"message": "no"}}\n\n'


def watched(*chunks, status=200, kind="text/event-stream; charset=utf-8", encoding=""):
    found = watch(CHAT, status, kind, encoding)
    for piece in chunks:
        found.feed(piece)
    return found


@pytest.mark.parametrize(
    ("stream", "end"),
    [
        (STREAM, End.COMPLETE),
        (b"".join(EVENTS[:-1]), End.NO_TERMINAL),
        (b"", End.NO_TERMINAL),
        (b": ping\n\n" * 3, End.NO_TERMINAL),
        (b"data: [DONE]\n\n", End.NO_TERMINAL),
        (ERROR, End.ERROR_EVENT),
        (EVENTS[0] + EVENTS[1] + ERROR, End.ERROR_EVENT),
        (STREAM[:-5], End.NO_TERMINAL),
    ],
)
def test_how_a_stream_ended(stream, end):
    assert watched(stream).end()[0] is end


@pytest.mark.parametrize(
    ("body", "end"),
    [
        (completion("yes", "big-2"), End.COMPLETE),
        (b'{"error": {"message": "no"}}', End.ERROR_EVENT),
        (b"<html>", End.MALFORMED),
        (b"", End.MALFORMED),
    ],
)
def test_how_a_body_ended(body, end):
    assert watched(body, kind="application/json").end()[0] is end


def test_a_status_of_failure_is_the_end_whatever_the_body():
    assert watched(STREAM, status=500).end() == (End.HTTP_ERROR, "status 500")


@pytest.mark.parametrize("encoding", ["", "gzip"])
@given(points=st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_the_split_changes_nothing(encoding, points):
    sent = gzip.compress(STREAM, mtime=0) if encoding else STREAM
    edges = [0, *sorted(min(point, len(sent)) for point in points), len(sent)]
    pieces = [sent[a:b] for a, b in itertools.pairwise(edges)]
    found = watched(*pieces, encoding=encoding)
    assert found.end() == (End.COMPLETE, "")
    assert (bytes(found.body), found.cut, found.model) == (sent, False, "big-2")


def test_content_is_seen_with_the_event_that_brings_it():
    found = watched(EVENTS[0])
    assert not found.content
    found.feed(EVENTS[1])
    assert found.content


def test_a_whole_body_names_its_model():
    found = watched(
        gzip.compress(completion("y", "m")), kind="application/json", encoding="gzip"
    )
    assert found.end() == (End.COMPLETE, "")
    assert found.model == "m"


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])
def test_a_coding_that_cannot_be_read_is_told_and_breaks_nothing(kind):
    end, why = watched(STREAM, kind=kind, encoding="compress").end()
    assert end is End.MALFORMED
    assert "compress" in why


def test_a_long_answer_is_kept_in_part_and_its_end_is_seen():
    filler = chunk({"content": "x" * 100_000}, "big")
    found = watched(*[filler] * 60, EVENTS[-1])
    assert len(found.body) == KEPT_BYTES
    assert found.cut
    assert found.end() == (End.COMPLETE, "")


def test_who_says_to_answer_is_read_from_a_stream():
    found = watched(*EVENTS)
    assert (found.model, found.also) == ("big-2", "")
    assert watched(*stream_events("yes", "own"), chunk({}, "gpt-4o")).also == "gpt-4o"


def test_the_fingerprint_of_an_answer_is_read():
    body = completion("yes", "own").replace(
        b'"model"', b'"system_fingerprint": "fp_1", "model"'
    )
    found = watch(CHAT, 200, "application/json", "")
    found.feed(body)
    found.end()
    assert (found.model, found.fingerprint) == ("own", "fp_1")
    event = b'data: {"model": "own", "system_fingerprint": "fp_2", "choices": []}\n\n'
    assert watched(event).fingerprint == "fp_2"


def test_events_with_words_are_counted_and_those_without_are_not():
    empty, thought = chunk({"content": ""}, "big"), chunk({"reasoning": "hm"}, "big")
    assert watched(EVENTS[0]).said == 0
    assert watched(*EVENTS).said == 2  # one, two; not the role, the end or [DONE]
    assert watched(EVENTS[1], empty, thought, b": ping\n\n", EVENTS[2]).said == 3
    assert watched(completion("yes", "m"), kind="application/json").said == 0
