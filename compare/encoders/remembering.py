"""An encoder that remembers: recorded and repeated answers, and sentences that every note has, are free."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from compare.comparators.alignment import Vectors
from compare.encoders.port import Encoder

BYTES = 64 * 1024 * 1024
_BESIDE = 200  # what Python keeps for a sentence and its vector, beside their own bytes


@dataclass(slots=True)
class Remembering:
    """An encoder that remembers the sentences it saw last, up to `capacity` bytes of them."""

    inner: Encoder
    capacity: int = BYTES
    _seen: OrderedDict[str, Vectors] = field(default_factory=OrderedDict, repr=False)
    _bytes: int = 0

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
        asked = dict.fromkeys(sentences)
        known = {one: self._seen[one] for one in asked if one in self._seen}
        fresh = [one for one in asked if one not in known]
        if fresh:
            # Copies, each its own: a row of the batch's array would keep the whole of it.
            vectors = [row.copy() for row in self.inner.encode(fresh)]
            known.update(zip(fresh, vectors, strict=True))
        for one in asked:
            self._remember(one, known[one])
        while self._bytes > self.capacity:
            self._bytes -= _size(*self._seen.popitem(last=False))
        return np.stack([known[one] for one in sentences])

    def _remember(self, sentence: str, vector: Vectors) -> None:
        if sentence not in self._seen:
            self._bytes += _size(sentence, vector)
            self._seen[sentence] = vector
        self._seen.move_to_end(sentence)


def _size(sentence: str, vector: Vectors) -> int:
    return len(sentence.encode()) + vector.nbytes + _BESIDE
