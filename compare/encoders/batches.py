"""Sentences of about one length together, and batches side by side: how a processor is kept busy.

Each batch runs on one core, by a model that uses no threads of its own. Threads within a batch
would wait at every layer for the slowest of them, which on a core that is shared with other work
costs many times what they save.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from compare.comparators.alignment import Vectors

BATCH = 16
"""Sentences at a time: what is padded is computed too."""

CORES = (
    len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
)

type Ints = NDArray[np.int64]
type Forward = Callable[[Ints, Ints], Vectors]
"""Vectors of a batch from its tokens and the mask of those that count, both (sentences, tokens)."""


@dataclass(frozen=True, slots=True)
class Batches:
    """Encodes texts by a `forward` that may be called from several threads at once."""

    tokenizer: Tokenizer
    forward: Forward = field(repr=False)
    _pool: ThreadPoolExecutor = field(
        init=False, repr=False, default_factory=lambda: ThreadPoolExecutor(CORES, "encoder")
    )

    @classmethod
    def of(cls, tokenizer_file: str, forward: Forward) -> Batches:
        """With a tokenizer's file, whose own limits and padding are put aside."""
        tokenizer = Tokenizer.from_file(tokenizer_file)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(tokenizer, forward)

    def encode(self, texts: list[str]) -> Vectors:
        """Float32 array (texts, dimensions), in the order given."""
        ids = [found.ids for found in self.tokenizer.encode_batch_fast(texts)]
        places = in_batches([len(found) for found in ids])
        padded = [_padded([ids[at] for at in batch]) for batch in places]
        found = list(self._pool.map(lambda one: self.forward(*one), padded))
        vectors = np.empty((len(ids), found[0].shape[1]), dtype=np.float32)
        for batch, of_batch in zip(places, found, strict=True):
            vectors[batch] = of_batch
        return vectors

    def pieces(self, text: str) -> int:
        """How many word pieces a text has."""
        return len(self.tokenizer.encode(text, add_special_tokens=False).ids)


def in_batches(lengths: Sequence[int], size: int = BATCH) -> list[list[int]]:
    """Places of what is encoded together: of about one length, at most `size`, the longest first.

    The longest take longest: begun last, one of them would keep one core while the others wait.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    return [order[at : at + size] for at in range(0, len(order), size)]


def _padded(ids: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    width = max(map(len, ids))
    tokens = np.zeros((len(ids), width), dtype=np.int64)
    mask = np.zeros_like(tokens)
    for row, found in enumerate(ids):
        tokens[row, : len(found)] = found
        mask[row, : len(found)] = 1
    return tokens, mask
