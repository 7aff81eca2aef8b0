"""Probes: valid requests of every call that is mirrored, and what their answers show."""

import json

import pytest

from mirror import surface
from mirror.dialects import multipart
from mirror.probes import PROBES
from mirror.reading import read


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: f"{probe.path} {probe.image}")
def test_a_probe_is_a_request_that_could_be_mirrored(probe):
    row = surface.row_of("POST", probe.path)
    found = read(row, probe.body("own"), probe.content_type)
    assert (found.model, found.excluded, found.streaming) == ("own", None, False)
    assert found.image is probe.image
    for one in probe.fields:
        assert read(row, probe.body("own", [one]), probe.content_type).excluded is None


def test_every_mirrored_call_has_a_probe():
    rows = {row.path for row in surface.TABLE if row.dialect is not None}
    assert {probe.path for probe in PROBES} == rows


def test_a_field_that_stands_in_for_another_takes_its_place():
    chat = PROBES[0]
    (alone,) = [one for one in chat.fields if one.alone]
    body = json.loads(chat.body("own", [alone]))
    assert "max_tokens" in body and "max_completion_tokens" not in body


def test_a_form_names_the_model_and_holds_a_sound():
    (form, _) = [probe for probe in PROBES if probe.form]
    fields = multipart.fields(form.body("own"), form.content_type)
    assert fields["model"] == "own"
    assert form.form.count(b"RIFF") == 1


HEEDED = {
    "n": ({"choices": [1, 2]}, {"choices": [1]}),
    "logprobs": ({"choices": [{"logprobs": {"a": 1}}]}, {"choices": [{"logprobs": None}]}),
    "dimensions": ({"data": [{"embedding": [0] * 8}]}, {"data": [{"embedding": [0] * 9}]}),
    "top_n": ({"results": [1]}, {"results": [1, 2]}),
}


@pytest.mark.parametrize("name", HEEDED)
def test_an_answer_shows_whether_a_field_was_heeded(name):
    heeds = [f.heeded for probe in PROBES for f in probe.fields if f.name == name and f.heeded]
    good, bad = HEEDED[name]
    assert heeds
    for heeded in heeds:
        assert heeded(good) and not heeded(bad)
        assert not heeded({}) and not heeded({"choices": [], "data": 3, "results": None})
