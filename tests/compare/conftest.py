"""An encoder without a model: sentences that share words are alike. And the real one, loaded once."""

import hashlib

import numpy as np
import pytest

from compare.encoders.minilm import SentenceTransformers
from mirror.journal.seal import Sealer


class WordEncoder:
    """A sentence is the sum of its words' fixed directions."""

    id = "all-MiniLM-L6-v2/words"
    languages = frozenset({"en"})

    def __init__(self):
        self.asked = []

    def encode(self, sentences):
        """One unit vector a sentence, and a note of what was asked."""
        self.asked.append(list(sentences))
        found = np.stack([self._sum(sentence) for sentence in sentences])
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)

    def _sum(self, sentence):
        words = sentence.lower().split() or [""]
        return np.sum([self._direction(word) for word in words], axis=0)

    def _direction(self, word):
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8])
        return np.random.default_rng(seed).standard_normal(64)


@pytest.fixture
def sealer(home):
    """The seals of the data folder."""
    return Sealer.open(home)


@pytest.fixture
def words():
    """A fresh encoder of words, for English."""
    return WordEncoder()


@pytest.fixture(scope="session")
def minilm():
    """The real model; a few seconds to load."""
    return SentenceTransformers.minilm()
