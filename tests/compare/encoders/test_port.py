import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.encoders import port
from compare.encoders.port import in_windows, windows
from compare.encoders.remembering import Remembering

SAME = ("The fever is high.", "The patient has a high temperature.")
OTHER = "Parking is free behind the building."


@pytest.fixture(params=["words", "minilm", "int8", "multilingual", "remembering"])
def encoder(request):
    if request.param == "remembering":
        return Remembering(request.getfixturevalue("minilm"))
    return request.getfixturevalue(request.param)


def test_every_encoder_keeps_the_contract(encoder):
    vectors = encoder.encode([*SAME, OTHER, SAME[0]])
    assert vectors.dtype == np.float32 and vectors.shape[0] == 4
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-3)
    assert vectors[0] == pytest.approx(vectors[3], abs=2e-2)
    assert encoder.id and "en" in encoder.languages
    alone = encoder.encode([OTHER])
    assert alone.shape == (1, vectors.shape[1])
    assert float(alone[0] @ vectors[2]) > 0.98  # a batch changes nothing


@pytest.mark.parametrize("name", ["minilm", "int8", "multilingual"])
def test_models_find_the_same_meaning_closer_than_another(name, request):
    one, same, other = request.getfixturevalue(name).encode([*SAME, OTHER])
    assert one @ same > one @ other + 0.05


@pytest.mark.parametrize("name", ["minilm", "int8"])
def test_nothing_of_a_long_text_is_cut(name, request):
    start = "The patient rests at home and drinks water. " * 40
    one, other = request.getfixturevalue(name).encode(
        [start + "Take aspirin.", start + "The parrot sings opera at night."]
    )
    assert float(one @ other) < 0.9995


def test_a_sentence_in_parts_is_the_mean_of_them():
    long = "a" * port.WINDOW + " " + "b" * port.WINDOW
    told = {"a": [1.0, 0.0], "b": [0.0, 1.0]}

    def encode(parts):
        return np.array([told[part[0]] for part in parts], dtype=np.float32)

    found = in_windows(["a", long, "b"], len, encode)
    assert found[0] == pytest.approx([1, 0]) and found[2] == pytest.approx([0, 1])
    assert found[1] == pytest.approx([0.5**0.5, 0.5**0.5])


@given(st.text(max_size=3000))
def test_windows_hold_the_whole_text_in_order_and_few_pieces_each(text):
    parts = windows(text, len)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(len(part) <= port.WINDOW or len(part.encode()) <= port.WINDOW for part in parts)
