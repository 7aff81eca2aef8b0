"""What holds for the reader of every dialect."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streams import anything

from compare.asked import Asked
from compare.canonical import Answer
from compare.dialects import READERS
from compare.dialects.reader import of_json

JSON = "application/json"
KEYS = [
    "choices",
    "output",
    "input",
    "prompt",
    "data",
    "usage",
    "results",
    "documents",
    "query",
]
PATIENT = settings(
    suppress_health_check=[HealthCheck.too_slow], deadline=None
)  # a busy machine


@pytest.mark.parametrize("dialect", READERS)
@PATIENT
@given(value=st.dictionaries(st.sampled_from(KEYS), anything()))
def test_no_reader_raises_whatever_it_reads(dialect, value):
    reader, merger = READERS[dialect], READERS[dialect].merger()
    reader.of_body(json.dumps(value).encode(), JSON)
    merger.take(value)
    merger.answer()
    assert isinstance(reader.asked(json.dumps(value).encode(), JSON).prompt, str)


@pytest.mark.parametrize("dialect", READERS)
@PATIENT
@given(body=st.binary(max_size=60), content_type=st.sampled_from([JSON, "text/plain", ""]))
def test_no_reader_raises_whatever_bytes_it_is_given(dialect, body, content_type):
    assert isinstance(READERS[dialect].of_body(body, content_type), Answer)
    assert isinstance(READERS[dialect].asked(body, content_type), Asked)


@pytest.mark.parametrize("dialect", READERS)
def test_where_nothing_was_taken_there_is_no_answer(dialect):
    merger = READERS[dialect].merger()
    assert (merger.answer(), merger.finished, merger.last) == (None, False, False)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b"<html>", Answer(problem="not_json")),
        (b"[]", Answer(problem="no_answer")),
        (b'{"model": "m"}', Answer(problem="no_answer", model="m")),
        (b'{"said": "yes"}', Answer("yes")),
    ],
)
def test_a_body_of_json_is_an_answer_or_says_what_it_is_instead(body, answer):
    reader = of_json(
        lambda found: Answer(found["said"]) if "said" in found else None, None, lambda found: ""
    )
    assert reader.of_body(body, JSON) == answer


def test_what_a_request_asks_for_is_its_words_and_its_object():
    reader = of_json(lambda found: None, None, lambda found: found["words"])
    assert reader.asked(b'{"words": "Why?", "n": 1}', JSON) == Asked(
        "Why?", {"words": "Why?", "n": 1}
    )
    assert reader.asked(b"3", JSON) == Asked()
