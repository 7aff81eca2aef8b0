"""What an encoder is to the scorer, and how a long sentence is brought to one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from compare.comparators.alignment import Vectors

WINDOW = 200
"""Word pieces given to a model at once; what is longer is encoded in parts, never cut."""


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


def in_windows(
    sentences: Sequence[str],
    pieces: Callable[[str], int],
    encode: Callable[[list[str]], Vectors],
) -> Vectors:
    """Unit vectors of sentences of any length; one longer than the window is the mean of its parts."""
    parts = [windows(sentence, pieces) for sentence in sentences]
    vectors = encode([part for of_one in parts for part in of_one])
    if len(vectors) > len(sentences):
        ends = np.cumsum([len(of_one) for of_one in parts])
        vectors = np.stack([found.mean(axis=0) for found in np.split(vectors, ends[:-1])])
    # Normalised here and not in the model: half precision is off by a few thousandths.
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


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
