"""Transcripts in every format that servers answer in."""

import json

import pytest

from compare.answer import read
from compare.canonical import Segment, State
from compare.dialects.transcriptions import TRANSCRIPTIONS, of_text
from compare.reassembly import Reassembly
from mirror.exchange import End, Leg, Reply, Side

SRT = "1\n00:00:00,000 --> 00:00:01,500\nTake one tablet.\n\n2\n00:00:01,500 --> 00:01:02,250\nTwice\na day.\n"
VTT = (
    "WEBVTT\n\nNOTE said by a nurse\n\n00:00.000 --> 00:01.500 align:start\n<v Nurse>Take <b>one</b> tablet.\n\n"
    "00:01.500 --> 01:02.250\nTwice\na day.\n"
)
FORM = "multipart/form-data; boundary=b"


def of(body, content_type="application/json"):
    given = body if isinstance(body, bytes) else json.dumps(body).encode()
    return TRANSCRIPTIONS.of_body(given, content_type)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ({"text": "one tablet"}, "application/json"),
        (b"one tablet", "text/plain; charset=utf-8"),
        (b'"one tablet"', "application/json"),
        ({"text": "one tablet"}, "text/plain"),
    ],
)
def test_words_are_read_in_whatever_a_server_wraps_them(body, content_type):
    found = of(body, content_type)
    assert found.text == "one tablet" and not found.problem


@pytest.mark.parametrize("body", [SRT, VTT, SRT.replace("\n", "\r\n")])
def test_cues_are_segments_and_their_words_the_text(body):
    found = of(body.encode(), "text/plain")
    assert found.text == "Take one tablet. Twice a day."
    assert [(each.start, each.end) for each in found.transcript.segments] == [
        (0.0, 1.5),
        (1.5, 62.25),
    ]


def test_a_voice_of_webvtt_is_a_speaker():
    assert of_text(VTT).transcript.segments[0].speaker == "Nurse"


def test_a_cue_without_words_takes_none_of_the_next():
    found = of_text(
        "1\n00:00:00,000 --> 00:00:01,000\n\n2\n00:00:02,000 --> 00:00:03,000\nno\n"
    )
    assert [each.text for each in found.transcript.segments] == ["", "no"]


def test_plain_words_that_are_json_are_words():
    assert of(b"500", "text/plain").text == "500"


def test_verbose_json_tells_times_words_and_measures():
    segment = {"id": 0, "start": 0.5, "end": 1.0, "text": " one", "avg_logprob": -0.2}
    measures = {"compression_ratio": 0.9, "no_speech_prob": 0.1}
    word = {"word": "one", "start": 0.5, "end": 1.0}
    body = {"task": "transcribe", "text": "one", "language": "english", "duration": 4.5}
    found = of(body | {"segments": [segment | measures], "words": [word]}).transcript
    assert (found.duration, found.language) == (4.5, "english")
    assert found.words == (Segment("one", 0.5, 1.0),)
    assert found.segments == (
        Segment(" one", 0.5, 1.0, no_speech=0.1, logprob=-0.2, compression=0.9),
    )


def test_measures_that_vllm_does_not_take_are_missing_and_its_durations_are_numbers():
    segment = {"text": "one", "avg_logprob": -1.0, "compression_ratio": -1.0}
    found = of({"text": "one", "duration": "4.5", "segments": [segment]}).transcript
    assert found.duration == 4.5
    assert found.segments[0].logprob is None and found.segments[0].compression is None


@pytest.mark.parametrize(
    "told", [float("nan"), float("inf"), -3, True, "long", None, [1], "1e999"]
)
def test_what_is_no_time_is_none(told):
    segment = {"start": told, "end": 9}
    found = of({"text": "one", "duration": told, "segments": [segment, 3]}).transcript
    assert found.duration is None
    assert [(each.start, each.end) for each in found.segments] == [(None, None)]


@pytest.mark.parametrize(
    ("start", "end"),
    [(1, float("nan")), (1, None), (2, 1), (0, -1), ("0", "1"), (0, float("inf"))],
)
def test_a_stretch_has_two_times_that_an_app_can_use_or_none(start, end):
    stretch = {"start": start, "end": end}
    body = {"text": "one", "segments": [stretch], "words": [stretch | {"word": "one"}]}
    found = of(body).transcript
    assert [(each.start, each.end) for each in (*found.segments, *found.words)] == [
        (None, None),
        (None, None),
    ]


def test_a_cue_that_ends_before_it_starts_has_no_times():
    (cue,) = of_text("1\n00:00:02,000 --> 00:00:01,000\nno\n").transcript.segments
    assert (cue.start, cue.end, cue.text) == (None, None, "no")


def test_words_of_a_segment_that_are_no_text_are_none():
    found = of({"text": "one", "segments": [{"text": 1, "start": 0, "end": 1}]}).transcript
    assert found.segments == (Segment("", 0, 1),)


@pytest.mark.parametrize(
    ("body", "content_type", "problem"),
    [
        (b"<html>", "text/html", "not_json"),
        (b"{", "application/json", "not_json"),
        ({"error": {"message": "no"}}, "application/json", "no_answer"),
        ({"text": "x", "error": "no"}, "application/json", "no_answer"),
        ({"text": None}, "application/json", "no_answer"),
        ([1], "application/json", "no_answer"),
        (b"[" * 10_000, "application/json", "not_json"),
    ],
)
def test_what_is_no_transcript_says_so(body, content_type, problem):
    assert of(body, content_type).problem == problem


def test_half_a_character_is_shown_as_broken():
    assert of("一".encode()[:2], "text/plain").text == "\N{REPLACEMENT CHARACTER}"


def stream(*events, done=True):
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    body = "".join([*lines, *(["data: [DONE]\n\n"] if done else [])])
    return Reply("e", Leg.SERVED, Side.PRIMARY, "u", "cloud", "m", 0, End.COMPLETE,
                 content_type="text/event-stream", body=body.encode())  # fmt: skip


DELTAS = [
    {"type": "transcript.text.delta", "delta": "one "},
    {"type": "transcript.text.delta", "delta": "tab"},
]
DONE = {"type": "transcript.text.done", "text": "one tablet"}
CHUNK = {"object": "transcription.chunk", "choices": [{"delta": {"content": "one tablet"}}]}


def test_events_of_a_stream_are_one_transcript():
    found = read(stream(*DELTAS, DONE, done=False), "transcriptions")
    assert (found.text, found.state) == ("one tablet", State.COMPLETE)


def test_a_stream_without_its_last_event_has_what_it_said():
    found = read(stream(*DELTAS, done=False), "transcriptions")
    assert (found.text, found.state) == ("one tab", State.NO_FINISH)


def test_chunks_like_those_of_chat_are_a_transcript():
    end = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
    found = read(stream(CHUNK, end), "transcriptions")
    assert (found.text, found.state) == ("one tablet", State.COMPLETE)


def test_segments_of_a_stream_name_their_speakers():
    segment = {
        "type": "transcript.text.segment",
        "text": "one",
        "speaker": "A",
        "start": 0,
        "end": 1,
    }
    found = read(stream(segment, DONE), "transcriptions").transcript
    assert found.segments == (Segment("one", 0, 1, "A"),)


def test_a_stream_of_another_dialect_is_no_transcript():
    reassembly = Reassembly(TRANSCRIPTIONS)
    reassembly.feed(b'data: {"type": "response.created"}\n\ndata: [DONE]\n\n')
    assert reassembly.answer().problem == "no_answer"


def test_the_fields_of_a_form_are_what_was_asked():
    fields = {"language": "ms", "response_format": "vtt", "prompt": "metformin"}
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    file = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF\r\n--b--\r\n'
    body = "".join(part.format(*one) for one in fields.items()) + file
    found = TRANSCRIPTIONS.asked(body.encode(), FORM)
    assert (found.prompt, found.body) == ("metformin", fields)


def test_a_broken_form_asks_for_nothing():
    assert not TRANSCRIPTIONS.asked(b"--b\r\n", FORM).body


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"duration": 9.5, "usage": {"type": "duration", "seconds": 10}}, 9.5),
        ({"usage": {"type": "duration", "seconds": 10}}, 10.0),
        ({"usage": {"type": "tokens", "input_tokens": 3}}, None),
        ({"usage": [10]}, None),
    ],
)
def test_how_long_the_sound_is_is_read_where_it_is_told(told, seconds):
    assert of({"text": "one tablet"} | told).transcript.duration == seconds
